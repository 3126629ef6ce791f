"""uv is told where pip is told to look, or is not asked."""

from requirements.install import uv_settings


def test_pip_that_is_told_nothing_tells_uv_nothing() -> None:
    assert uv_settings([]) == {}


def test_uv_is_told_where_packages_are_and_how_to_get_there() -> None:
    assert uv_settings(
        [
            "global.cert='/etc/ours.pem'",
            "global.index-url='https://mirror.example/simple'",
            "global.extra-index-url='https://a.example/simple\\nfile:///srv/simple'",
            "global.find_links='/srv/wheels /srv/more'",
            "install.trusted-host='a.example b.example'",
            ":env:.default-timeout='180'",
        ]
    ) == {
        "SSL_CERT_FILE": "/etc/ours.pem",
        "UV_DEFAULT_INDEX": "https://mirror.example/simple",
        "UV_INDEX": "https://a.example/simple file:///srv/simple",
        "UV_FIND_LINKS": "/srv/wheels,/srv/more",
        "UV_INSECURE_HOST": "a.example b.example",
        "UV_HTTP_TIMEOUT": "180",
    }


def test_what_pip_puts_first_counts_in_any_order_of_lines() -> None:
    lines = [
        ":env:.index-url='https://environment.example'",
        "global.index-url='https://machine.example'",
        "install.index-url='https://command.example'",
    ]

    for order in (lines, lines[::-1]):
        assert uv_settings(order) == {"UV_DEFAULT_INDEX": "https://environment.example"}


def test_settings_of_other_commands_and_of_pips_manners_are_left_out() -> None:
    assert uv_settings(["list.format='json'", "global.quiet='1'", ":env:.no-input='1'"]) == {}


def test_what_uv_cannot_be_told_leaves_the_work_to_pip() -> None:
    assert uv_settings(["global.no-index='true'", "global.cert='/etc/ours.pem'"]) is None
    assert uv_settings(["install.only-binary=':all:'"]) is None
