"""The commonest passwords that are long enough to be taken, so that none of them is.

NIST SP 800-63B §5.1.1.2: guessing begins with these. Those that have no more to them than one run
of a keyboard, an alphabet or digits, or a short piece repeated, are told by what they are.
"""

from typing import Final

_RUNS: Final = (
    "abcdefghijklmnopqrstuvwxyz" * 2,
    "01234567890" * 12,
    "12345678910111213141516171819202122232425",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertyuiop[]asdfghjkl;'zxcvbnm,./",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
    "1qazxsw23edcvfr45tgbnhy67ujm",
    "q1w2e3r4t5y6u7i8o9p0",
    "1q2w3e4r5t6y7u8i9o0p",
    "qazwsxedcrfvtgbyhnujmikolp",
    "zaq12wsxcde34rfvbgt56yhn",
    "!@#$%^&*()_+",
    "a1b2c3d4e5f6g7h8i9j0",
    "1a2b3c4d5e6f7g8h9i0j",
)
_BOTH_WAYS: Final = tuple(way for run in _RUNS for way in (run, run[::-1]))
LONGEST_PIECE: Final = 4
# Such a word, be it written twice, with digits or marks around it, is guessed early.
_WORD_LIST = """
aaron adminadmin administrador administrator alexander amanda andrea angel angela anthony
arsenal asdfasdf asdfgh asdfghjkl ashley austin babygirl bailey barcelona baseball basketball
batman beautiful blink bubbles buster butterfly changeit changeme charlie chelsea chocolate
christian christopher computer cookie cricket dallas daniel database deepak default diamond
dragon dubsmash elizabeth evite facebook family ferrari flower football freedom friends ganesha
gateway ginger gizmodo google hannah harley hello helloworld hockey hunter iloveyou
iloveyouforever iloveyousomuch india internet jasmine jennifer jessica jesus jesuschrist
jonathan jordan joshua justin killer krishna letmein letmeinplease linkedin liverpool lovelove
lovely loveme lovers maggie manager manchester marina master matthew mercedes merlin michael
michelle mickey microsoft mindgolf monkey monster mustang mynameis mypassword myspace nicole
ninja nothing oracle orange p@ssw0rd p@ssword pakistan pass passion passw0rd password
passwordone passwords peanut pepper photoshop player playstation pokemon postgres princess
project purple qazwsx qwer qwerty qwertyuiop rainbow raspberry realmadrid robert root samantha
samsung scooter secret senha september service shadow silver slipknot smokey snoopy soccer
softball spiderman starwars stephanie summer sunshine superman superstar support sweetheart
system taylor tech temp temporary test tester testing thankyou thomas thunder tigger tinkerbell
topsecret trustno trustnoone unknown user victoria vodafone welcome welcometo whatever william
winter yamaha yankees zxcvbn zxcvbnm
"""
_WORDS: Final = frozenset(_WORD_LIST.split())
# What guessing tries that no rule here finds.
_WHOLE_LIST = """
#edc4rfv%tgb 1q2w3e4r5t6y7u8i 1qaz!qaz@wsx 1qaz@wsx#edc 7ugd5hip2j9jd a1s2d3f4g5h6 abc123abc123
abcd1234efgh allahuakbar1 asdfasdfasdf bismillah786 correcthorsebatterystaple fuckyoubitch
huawei@12345 ilovejesus123 ilovemyfamily ilovemymother indiaindia123 jaimatadi123 letmeinnow123
liverpoolfc1 manchesterunited omnamahshivaya password123! qwe123asd456
qweasdzxcqwe qweqweasdasd qwerty123456789 sachintendulkar thequickbrownfox unitedstates
zxcasdqwe123
"""
_WHOLE: Final = frozenset({*_WHOLE_LIST.split(), "correct horse battery staple"})
_AROUND: Final = "0123456789!?.,@#$%&*+-_ "


def is_common(password: str) -> bool:
    """Tell whether guessing would soon come to a password, in whatever case it is written."""
    text = password.casefold()
    return (
        text in _WHOLE
        or any(text in run for run in _BOTH_WAYS)
        or _is_repeated(text, LONGEST_PIECE)
        or _is_word(text.strip(_AROUND))
    )


def _is_repeated(text: str, longest: int) -> bool:
    return any(
        text == (text[:length] * len(text))[: len(text)] for length in range(1, longest + 1)
    )


def _is_word(text: str) -> bool:
    half = text[: len(text) // 2]
    return not text or text in _WORDS or (text == half * 2 and half in _WORDS)
