"""How servers say why a letter came back, where they give no status code of RFC 3463.

Pure. Postfix, Exim, qmail, Sendmail and Exchange, and Japanese carriers and providers. Each phrase
stands for the status code that its server should have given.
"""

import re

#: The one who wrote asks to go on trying: nothing is decided yet.
DELAY = re.compile(
    r"this is a warning message only|do not need to resend|will (?:be retried|continue to try)"
    r"|still being retried|delivery (?:is |has been )?(?:temporarily )?(?:delayed|suspended)"
    r"|(?:message|mail) (?:is )?delayed"
    r"|まだ配信されていません|再送を試み|配信が遅れて|送信を試みています"
)
#: What makes a letter from a mail system a report of failure.
FAILURE = re.compile(
    r"undeliver|delivery (?:status notification|failure|failed|problem|has failed|error)"
    r"|(?:could|can) ?not be delivered|returned mail|returned to sender|failure notice"
    r"|mail delivery (?:failed|system|subsystem)|mail system error|wasn't able to deliver"
    r"|unable to deliver|permanent (?:fatal )?errors?|not delivered|message undelivered"
    r"|rejected by a remote mail server|following recipients? (?:was|were|could)"
    r"|(?:配信|送信|配達|お届け)(?:が|は|を)?(?:でき(?:ま|な)|不能|不可|エラー|失敗|に失敗)"
    r"|エラーのため送信|届けられません|届きませんでした|宛先不明|不達|返送"
)
#: The letter was not wanted: that says nothing about the address.
POLICY = re.compile(
    r"\bspam|\bblock(?:ed|list)|black ?list|blocklist|\brbl\b|reputation|\bpolicy\b|\bspf\b"
    r"|\bdkim\b|\bdmarc\b|unsolicited|content rejected"
    r"|rate limit|too many (?:messages|connections|errors)"
    r"|sender (?:address )?(?:rejected|denied|verify)|relay(?:ing)? (?:access )?denied"
    r"|not permitted to relay|受信拒否|迷惑メール|ポリシー|なりすまし|ドメイン拒否"
)
#: (phrase, the status code that it means), the first that is found counts.
MEANINGS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            r"mailbox (?:is )?(?:over ?)?full|(?:over|exceed\w*|out of) (?:the |its |his |her )?"
            r"(?:\w+ )?(?:quota|storage)|quota (?:is )?exceeded"
            r"|insufficient (?:disk )?(?:space|storage)"
            r"|メールボックスが(?:一杯|いっぱい|満杯|満)|容量(?:が|を)?(?:超|オーバー|不足)|保存容量"
        ),
        "5.2.2",
    ),
    (
        re.compile(
            r"(?:account|mailbox|user|recipient)(?:\(s\))? (?:\w+ )?(?:is |has been |are )?"
            r"(?:disabled|inactive|suspended|deactivated|closed|terminated)"
            r"|(?:アカウント|メールボックス)(?:は|が)(?:無効|停止|閉鎖)|解約"
        ),
        "5.2.1",
    ),
    (
        re.compile(
            r"(?:user|recipient|mailbox|address|account|addressee)s? (?:is |was )?"
            r"(?:unknown|not found|invalid|does ?n[o']t exist|doesn't exist|not exist)"
            r"|(?:unknown|invalid|no such|nonexistent|non-existent|bad) (?:local )?"
            r"(?:user|recipient|mailbox|address|account|person|destination)"
            r"|(?:user|recipient|mailbox|address|account) that [^.\n]{0,40} does not exist"
            r"|no mailbox (?:here )?by that name|no such (?:user|person)"
            r"|user doesn't have an? \S+ account"
            r"|address (?:couldn't|could not) be found|couldn't be found"
            r"|not a (?:valid|known) (?:user|mailbox)"
            r"|(?:宛先|あて先|送信先|受信者|メールアドレス|ユーザー?)[^。\n]{0,20}"
            r"(?:存在し(?:ま|な)|見つか[りら](?:ま|な)|不明|誤り|間違|無効|正しくありません)"
        ),
        "5.1.1",
    ),
    (
        re.compile(
            r"(?:host|domain)(?: name| or domain name)? (?:is )?"
            r"(?:unknown|not found|does not exist)|unknown (?:host|domain)"
            r"|(?:ホスト|ドメイン)[^。\n]{0,12}(?:見つか[りら]|存在し)(?:ま|な)"
        ),
        "5.4.4",
    ),
)


def status_of(text: str) -> str | None:
    """Return the status code that the words mean, or None when they say nothing known.

    :param text: in lower case.
    """
    return next((status for phrase, status in MEANINGS if phrase.search(text)), None)
