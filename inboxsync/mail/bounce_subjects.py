"""Subjects under which mail systems tell people that mail did not arrive.

Apart from the sentences of their texts, which are looked for where there is a sign of a machine: this is asked of all
mail.
"""

from __future__ import annotations

import re

# Looked for in the subject of all mail: each alternative begins with a letter, so that the search is fast.
_SUBJECT = re.compile(
    r"undeliver|delivery (?:status|failure|has failed|failed|error|warning|noti(?:ce|fication))|failure noti"
    r"|mail (?:delivery )?fail(?:ure|ed)|mail delivery system|mail system error|message (?:delivery )?fail(?:ure|ed)"
    r"|message you sent blocked|failed (?:mail|delivery)|could not be (?:delivered|sent)|couldn't be (?:delivered|sent)"
    r"|error during delivery|returned mail|rejected mail|unzustellbar|non remis|non distribu"
    r"|non recapitabil|non-?delivery|mancat[oa] (?:recapito|consegna)"
    r"|no se puede entregar|onbestelbaar|niet-bezorgd|niedostarcz|neisporuc|nije isporucen",
)
# A subject in ASCII cannot say these, and most subjects are.
_SUBJECT_BEYOND_ASCII = re.compile(
    r"échec de (?:la )?remise|nedoručiteln|nelze doručit|neisporuč|nije isporučen|não (?:foi |é possível )?entreg"
    r"|kézbesíthetetlen|недоставлен|не доставлен|не уда[её]тся доставить|не удалось доставить|не может быть доставлен"
    r"|エラー通知|エラーメール|送信エラー|配信エラー|配信不能|退信|投递失败|投遞失敗|传输失败",
)


def subject_announces(subject: str) -> bool:
    """Whether a subject says somewhere that mail did not arrive."""
    words = subject.lower()
    return _SUBJECT.search(words) is not None or (
        not words.isascii() and _SUBJECT_BEYOND_ASCII.search(words) is not None
    )
