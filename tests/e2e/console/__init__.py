"""The console in a browser; a package, so that its tests share one and no others wait for it."""
