"""The permission table: every address of the portal, and whom it lets in. A new address needs a row here.

`rank` says which of the audience's people: `any` of them, who has the object as their `own` (their contest, their
bureau), or who is `presiding` over it. `arguments` name what of the scene fills the address.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Row:
    audience: str
    rank: str = "any"
    arguments: dict[str, str] = field(default_factory=dict)
    # How the address is asked by those whom it lets in; those whom it keeps out try GET and POST.
    method: str = "get"
    # What those whom it lets in are answered: a page may be there to say that there is nothing.
    answer: str = "let in"


VOTED_ON = {"uuid": "sealed"}
PUBLISHED = {"uuid": "published"}
STATION = {"station": "station"}
SEALED = {"station": "station", "code": "sealed"}
COUNTED = {"station": "station", "code": "published"}
TIED = {"station": "station", "code": "tied"}

TABLE: dict[str, Row] = {
    "set_language": Row("public", method="post"),
    # ---- The voter's way ----
    "voter:welcome": Row("public"),
    "voter:identification": Row("public"),
    "voter:arrival": Row("public"),
    "voter:arrival_return": Row("public"),
    "voter:arrival_refused": Row("public"),
    "voter:password": Row("public"),
    "voter:lost_password": Row("public"),
    "voter:mail_sent": Row("public"),
    "voter:activation": Row("public", arguments={"token": "token"}),
    "voter:reissue_link": Row("public", arguments={"token": "reissue_token"}),
    "voter:spoiled_link": Row("public", arguments={"_link": "spoiled"}, answer="absent"),
    "voter:activation_question": Row("public", arguments={"token": "token"}),
    "voter:new_password": Row("public", arguments={"token": "token"}),
    "voter:session": Row("voter"),
    "voter:sign_out": Row("public", method="post"),
    "voter:verify": Row("public"),
    "voter:home": Row("voter"),
    "voter:contests": Row("voter"),
    "voter:claims": Row("voter"),
    "voter:rolls": Row("voter"),
    "voter:roll": Row("voter", "own", VOTED_ON),
    "voter:personal": Row("voter"),
    "voter:contest_lists": Row("voter", "own", VOTED_ON),
    "voter:booth": Row("voter"),
    "voter:vote_state": Row("voter"),
    "voter:possession": Row("voter", method="post"),
    "voter:reissue": Row("voter"),
    "voter:reissue_challenge": Row("voter"),
    "voter:reissue_form_2018": Row("voter"),
    "voter:reissue_form": Row("voter", arguments={"way": "way"}),
    "voter:reissue_franceconnect": Row("voter"),
    "voter:franceconnect_return": Row("voter"),
    "voter:franceconnect_refused": Row("voter"),
    "voter:reissue_sent": Row("voter"),
    "voter:new_code": Row("voter"),
    "voter:new_code_state": Row("voter"),
    "voter:new_code_keys": Row("voter", method="post"),
    "voter:new_code_again": Row("voter", method="post"),
    "voter:places": Row("voter"),
    "voter:election_record": Row("voter", "own", VOTED_ON),
    "voter:candidates": Row("voter", "own", VOTED_ON),
    "voter:cast": Row("voter", "own", VOTED_ON, method="post"),
    "voter:receipt_pdf": Row("voter", method="post"),
    # ---- The CAPTCHA ----
    "captcha:image": Row("public", arguments={"token": "challenge"}),
    "captcha:sound": Row("public", arguments={"token": "challenge"}),
    "captcha:another": Row("public"),
    # ---- Published results ----
    "public:edito": Row("public"),
    "public:faq": Row("public"),
    "public:assistance": Row("public"),
    "public:ticket": Row("public", arguments={"token": "ticket_token"}),
    "public:ticket_file": Row("public", arguments={"token": "ticket_token", "number": "ticket_file"}),
    "public:legal": Row("public"),
    "public:results": Row("public"),
    "public:contest_result": Row("public", arguments=PUBLISHED),
    "public:result_json": Row("public", arguments=PUBLISHED),
    "public:register": Row("public", arguments=PUBLISHED),
    "public:archive": Row("public", arguments=PUBLISHED),
    "public:candidates": Row("public", arguments=PUBLISHED),
    "public:minutes_pdf": Row("public", arguments=PUBLISHED),
    # Providers of text messages say here what became of them.
    "public:sms_receipts": Row("public", arguments={"provider": "provider", "secret": "receipt_secret"}),
    # ---- The bureau ----
    "bureau:login": Row("public"),
    "bureau:totp": Row("public"),
    "bureau:sign_out": Row("public", method="post"),
    "bureau:home": Row("bureau"),
    "bureau:rolls": Row("bureau"),
    "bureau:roll": Row("bureau", "own", VOTED_ON),
    "bureau:station": Row("bureau", "own", STATION),
    "bureau:keys": Row("bureau", "own", STATION),
    "bureau:keys_state": Row("bureau", "own", STATION),
    "bureau:keys_answers": Row("bureau", "own", STATION, method="post"),
    "bureau:journal": Row("bureau", "own", STATION),
    "bureau:supervision": Row("bureau", "own", STATION),
    "bureau:seal": Row("bureau", "presiding", STATION),
    "bureau:contest": Row("bureau", "own", SEALED),
    "bureau:turnout": Row("bureau", "own", SEALED),
    "bureau:close": Row("bureau", "presiding", SEALED),
    "bureau:registrar_loss": Row("bureau", "own", SEALED),
    "bureau:establish": Row("bureau", "presiding", SEALED),
    "bureau:draw": Row("bureau", "presiding", TIED),
    "bureau:minutes": Row("bureau", "own", COUNTED),
    "bureau:minutes_pdf": Row("bureau", "own", COUNTED),
    "bureau:sign": Row("bureau", "own", COUNTED),
    "bureau:publish": Row("bureau", "presiding", COUNTED),
    # ---- The console ----
    "desk:home": Row("desk"),
    "desk:tickets": Row("desk"),
    "desk:ticket": Row("desk", arguments={"number": "ticket_number"}),
    "desk:ticket_file": Row("desk", arguments={"number": "ticket_number", "file": "ticket_file"}),
    "desk:canned_answers": Row("desk"),
    "desk:canned_add": Row("desk"),
    "desk:canned": Row("desk", arguments={"number": "canned"}),
    "desk:canned_delete": Row("desk", arguments={"number": "canned"}),
    "desk:sign_out": Row("public", method="post"),
    "console:home": Row("console"),
    "console:import": Row("console"),
    "console:calendar": Row("console"),
    "console:request": Row("console"),
    "console:slots": Row("console"),
    "console:sheets": Row("console"),
    "console:sheets_export": Row("console"),
    "console:invitations": Row("console"),
    "console:accounts": Row("console"),
    "console:account": Row("console", arguments={"number": "voter"}),
    "console:slowdowns": Row("console"),
    "console:agents": Row("console"),
    "console:agent_role_remove": Row("console", arguments={"number": "agent_role"}),
    "console:account_rules": Row("console"),
    "console:activation": Row("console"),
    "console:activation_export": Row("console"),
    "console:remind": Row("console"),
    "console:supervision": Row("console"),
    "console:deliveries": Row("console"),
    "console:texts": Row("console"),
    "console:text": Row("console", arguments={"kind": "text_kind"}),
    "console:text_versions": Row("console", arguments={"kind": "text_kind"}),
    "console:text_version": Row("console", arguments={"kind": "text_kind", "number": "text_version"}),
    "console:text_default": Row("console", arguments={"kind": "text_kind"}),
    "console:questions": Row("console"),
    "console:question_add": Row("console"),
    "console:question": Row("console", arguments={"number": "question"}),
    "console:question_retire": Row("console", arguments={"number": "question"}),
    "console:question_move": Row("console", arguments={"number": "question"}, method="post"),
    "console:question_offer": Row("console", arguments={"number": "question"}, method="post"),
    "console:reissue_rules": Row("console"),
    "console:reissue_policies": Row("console"),
    "console:identifiers": Row("console"),
    "console:sign_out": Row("public", method="post"),
    # ---- Components, for their designers ----
    "design:components": Row("public"),
    # ---- The demonstration, with its settings only ----
    "demo:guide": Row("public"),
    "demo:identities": Row("public"),
    "demo:mailbox": Row("public"),
    "demo:clock": Row("public"),
    "demo:play_members": Row("public", method="post"),
    "demo:key_file": Row("public", arguments={"owner": "owner"}),
    "demo:employer": Row("public"),
    "demo:employer_description": Row("public"),
    "demo:employer_authorize": Row("public"),
    "demo:employer_token": Row("public", method="post"),
    "demo:employer_userinfo": Row("public"),
    "demo:employer_keys": Row("public"),
    "demo:franceconnect_description": Row("public"),
    "demo:franceconnect_authorize": Row("public"),
    "demo:franceconnect_token": Row("public", method="post"),
    "demo:franceconnect_userinfo": Row("public"),
    "demo:franceconnect_keys": Row("public"),
    "demo:franceconnect_logout": Row("public"),
    "demo:notices": Row("public", arguments={"name": "notice"}),
}
