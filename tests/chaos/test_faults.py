"""Whatever dies, every visitor who got a 302 is counted, once; ``make chaos`` shows the counts."""

import resource
import time
from collections.abc import Iterator

import httpx
import pytest

from services.redirector.journal.files import list_journals
from tests.support.chaos import CONNECTIONS, Site, SmallDisk, Visitors, running_site, told
from tests.support.open_folders import open_temporary_folder
from tests.support.stack import wait_until

REDIRECTOR, RECORDER = "services.redirector", "services.redirector.recorder"
A_FEW = 500


@pytest.fixture
def site() -> Iterator[Site]:
    with open_temporary_folder() as folder, running_site(folder / "data") as site:
        yield site


@pytest.fixture
def outage_s(request: pytest.FixtureRequest) -> float:
    seconds: float = request.config.getoption("--outage-s")
    return seconds


def check(what: str, site: Site, visitors: Visitors, *, lost: int = 0) -> None:
    """Wait for the recorder, and compare the counts of visitors, journals, hits and totals."""
    site.wait_until_recorded(len(visitors.redirected) - lost)
    told(what, visitors, site.hits(), lost=lost)
    assert "journals = hits = counts" in site.reconcile()


def test_redirector_killed_under_load(site: Site) -> None:
    site.start_redirector()
    site.start_recorder()
    with Visitors(site, site.campaign.tokens) as visitors:
        for _ in range(3):
            visitors.wait_for(A_FEW)
            site.kill(REDIRECTOR)
            site.start_redirector()
        visitors.wait_for(A_FEW)

    check("redirector killed three times", site, visitors)
    # At each kill, one on each connection, and one where a new connection came too late.
    assert len(visitors.unanswered) <= 2 * 3 * CONNECTIONS


def test_one_of_two_redirector_processes_killed_under_load(site: Site) -> None:
    folder = site.data_dir / "journal"
    site.worker_count = 2
    site.start_redirector()
    wait_until(lambda: len(list_journals(folder)) == 2, "a journal of each process")
    with Visitors(site, site.campaign.tokens) as visitors:
        visitors.wait_for(A_FEW)
        site.kill_a_worker()
        wait_until(lambda: len(list_journals(folder)) == 3, "a process in the place of the dead")
        visitors.wait_for(A_FEW)
    site.start_recorder()

    check("one of two redirector processes killed", site, visitors)
    assert len(visitors.unanswered) <= 2 * CONNECTIONS


def test_recorder_killed_in_mid_batch(site: Site) -> None:
    site.start_redirector()
    with Visitors(site, site.campaign.tokens) as visitors:
        for _ in range(5):
            site.start_recorder()
            visitors.wait_for(A_FEW)
            site.kill(RECORDER)
        visitors.wait_for(A_FEW)
    site.start_recorder()

    check("recorder killed five times", site, visitors)
    assert not visitors.unanswered


def test_postgres_stopped_with_the_redirector_restarted_meanwhile(
    site: Site, outage_s: float
) -> None:
    site.start_redirector()
    site.start_recorder()
    snapshot = site.data_dir / "journal" / "links.snapshot"
    with Visitors(site, site.campaign.tokens) as visitors:
        visitors.wait_for(A_FEW)
        wait_until(snapshot.exists, "the snapshot of recent links")
        site.stop_postgres()
        began = time.monotonic()
        visitors.wait_for(A_FEW)
        site.kill(REDIRECTOR)
        site.start_redirector()
        visitors.wait_for(A_FEW)
        unknown = httpx.get(f"{site.url}/{site.campaign.tokens[0][::-1]}", timeout=10)
        while time.monotonic() - began < outage_s:
            visitors.wait_for(1)
        site.start_postgres()
        visitors.wait_for(A_FEW)

    check(f"Postgres away for {outage_s:g} s, redirector restarted", site, visitors)
    assert not visitors.turned_away
    assert unknown.status_code in {404, 503}
    assert unknown.status_code == 404 or int(unknown.headers["retry-after"]) > 0


def test_unknown_link_is_not_called_unknown_while_postgres_is_away(site: Site) -> None:
    # Nobody followed any of its links yet, so no process knows them.
    site.start_redirector()
    site.stop_postgres()

    answer = httpx.get(f"{site.url}/{site.campaign.tokens[0]}", timeout=10)

    assert (answer.status_code, int(answer.headers["retry-after"]) > 0) == (503, True)


def test_postgres_killed_in_mid_transaction(site: Site) -> None:
    site.start_redirector()
    site.start_recorder()
    with Visitors(site, site.campaign.tokens) as visitors:
        for _ in range(3):
            visitors.wait_for(A_FEW)
            site.kill_postgres()
            visitors.wait_for(A_FEW)
            site.start_postgres()

    check("Postgres killed three times", site, visitors)
    assert not visitors.unanswered


def test_disk_that_takes_no_journal_for_a_while(site: Site) -> None:
    site.start_redirector()
    site.start_recorder()
    pid = site.processes[REDIRECTOR].pid
    with Visitors(site, site.campaign.tokens) as visitors:
        visitors.wait_for(A_FEW)
        before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        # From here on a write fails as on a full disk.
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, before[1]))
        visitors.wait_for(A_FEW)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
        visitors.wait_for(A_FEW)

    lost = httpx.get(f"{site.url}/healthz").json()["lost_hits"]
    assert lost >= A_FEW // 2
    check("no room for the journal", site, visitors, lost=lost)
    assert not visitors.turned_away
    assert not visitors.unanswered
    assert "hits lost" in site.log


def test_full_disk_for_a_while(site: Site) -> None:
    folder = site.data_dir / "journal"
    folder.mkdir()
    try:
        disk = SmallDisk(folder, octets=4 << 20)
    except PermissionError as error:
        pytest.skip(f"no mount namespace here: {error}")
    site.prefix = disk.prefix
    try:
        site.start_redirector()
        site.start_recorder()
        with Visitors(site, site.campaign.tokens) as visitors:
            visitors.wait_for(A_FEW)
            disk.fill()
            visitors.wait_for(A_FEW)
            disk.make_room()
            visitors.wait_for(A_FEW)

        lost = httpx.get(f"{site.url}/healthz").json()["lost_hits"]
        # What was left of a page took some.
        assert lost >= A_FEW // 2
        check("journal on a full tmpfs", site, visitors, lost=lost)
    finally:
        disk.close()
    assert not visitors.turned_away
    assert not visitors.unanswered
    assert "hits lost" in site.log


def test_record_torn_by_a_kill(site: Site) -> None:
    site.start_redirector()
    with Visitors(site, site.campaign.tokens) as visitors:
        visitors.wait_for(A_FEW)
    site.kill(REDIRECTOR)
    [journal] = list_journals(site.data_dir / "journal")
    whole = journal.read_bytes()
    with journal.open("ab") as torn:
        torn.write(whole[:60])
    site.start_recorder()

    check("last record torn", site, visitors)
    wait_until(lambda: not journal.exists(), "the journal of the dead to be taken over")
    assert "its last record is torn" in site.log


def test_two_recorders_by_mistake(site: Site) -> None:
    site.start_redirector()
    site.start_recorder("first")
    site.start_recorder("second")
    with Visitors(site, site.campaign.tokens) as visitors:
        visitors.wait_for(4 * A_FEW)

    check("two recorders", site, visitors)


def test_journals_of_the_dead_are_taken_over(site: Site) -> None:
    with Visitors(site, site.campaign.tokens) as visitors:
        for _ in range(3):
            site.start_redirector()
            visitors.wait_for(A_FEW)
            site.kill(REDIRECTOR)
    assert len(list_journals(site.data_dir / "journal")) == 3
    site.start_recorder()

    check("three redirectors died before any recorder came", site, visitors)
    wait_until(lambda: not list_journals(site.data_dir / "journal"), "the journals to be removed")
