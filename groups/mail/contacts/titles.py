"""What the columns of exported contacts are called (rule 4.13).

Excel, Google Contacts, Outlook, Thunderbird, Apple, LINE WORKS, NAVER and people themselves, in Korean,
Japanese, Chinese, German, English and a few more languages. Titles are compared without numbers, spaces and
signs: "E-mail 2 - Value" is "emailvalue".
"""

from collections.abc import Collection

from groupadmin.base.spreadsheets import normal_title
from groupadmin.base.spreadsheets.columns import without_brackets

ADDRESS, NAME, GIVEN, MIDDLE, FAMILY, SHOWN = "address", "name", "given", "middle", "family", "shown"
KINDS = (ADDRESS, NAME, GIVEN, MIDDLE, FAMILY, SHOWN)

# Titles that end so are of addresses: "Work email", "회사 이메일", "Primäre E-Mail-Adresse".
_ADDRESS_ENDS = (
    *("email", "mail", "emailaddress", "mailaddress", "emailvalue", "emails", "emailid"),
    *("이메일", "메일", "이메일주소", "메일주소", "전자메일주소", "전자우편", "전자우편주소", "전자메일"),
    *("メール", "メールアドレス", "電子メール", "電子メールアドレス", "eメール", "eメールアドレス"),
    *("邮箱", "邮件", "邮箱地址", "邮件地址", "电子邮件", "电子邮箱", "电子邮件地址", "电邮"),
    *("郵件", "信箱", "郵件地址", "電子郵件", "電子信箱", "電子郵件地址", "電子郵件信箱", "電郵"),
    *("emailadresse", "mailadresse", "courriel", "adresseemail", "adressemail", "emailadres"),
    *("correoelectrónico", "correo", "eposta", "indirizzoemail", "почта", "почты", "อีเมล"),
)
_ADDRESSES = {"address", "주소록메일", "adresse", "メアド", "アドレス", "to", "받는사람", "宛先", "收件人"}
# Such columns stand beside those of addresses, and are about them.
_ABOUT_ADDRESSES = (
    *("type", "typ", "label", "kind", "sent", "opt", "date", "status"),
    *("유형", "종류", "구분", "표시", "수신", "발송", "여부", "날짜", "일시", "라벨"),
    *("地址邮箱", "地址信箱", "種類", "配信", "日時", "ラベル", "类型", "類型", "标签", "標籤"),
)
_KINDS: dict[str, Collection[str]] = {
    NAME: {
        *("name", "names", "fullname", "contactname", "contact", "displayname", "person"),
        *(
            "이름",
            "성명",
            "성함",
            "고객명",
            "고객이름",
            "담당자",
            "담당자명",
            "담당자이름",
            "표시이름",
            "전체이름",
        ),
        *("연락처이름", "수신자", "받는사람이름", "이름성명", "성명이름", "사용자이름", "사용자명", "회원명"),
        *(
            "氏名",
            "名前",
            "お名前",
            "表示名",
            "フルネーム",
            "担当者",
            "担当者名",
            "ご担当者名",
            "宛名",
            "表示名前",
        ),
        *(
            "姓名",
            "联系人",
            "联系人姓名",
            "显示名称",
            "全名",
            "名称",
            "聯絡人",
            "聯絡人姓名",
            "顯示名稱",
            "名稱",
        ),
        *("anzeigename", "vollständigername", "namen", "ansprechpartner", "kontakt", "vorundnachname"),
        *("nomcomplet", "nombrecompleto", "nome", "imięinazwisko", "фио"),
    },
    GIVEN: {
        *("firstname", "givenname", "forename", "first"),
        *("이름이름", "명", "성제외이름"),
        *("名", "名前名", "ファーストネーム"),
        *("名字", "名子"),
        *("vorname", "prénom", "prenom", "nombre", "voornaam", "imię", "имя", "ad"),
    },
    FAMILY: {
        *("lastname", "familyname", "surname", "last"),
        *("성", "성씨"),
        *("姓", "苗字", "名字姓", "ラストネーム"),
        *("姓氏",),
        *("nachname", "familienname", "nom", "nomdefamille", "apellido", "apellidos", "cognome"),
        *("achternaam", "nazwisko", "фамилия", "soyad", "příjmení"),
    },
    MIDDLE: {
        *("middlename", "middlenames", "additionalname", "middle"),
        *("중간이름", "가운데이름", "ミドルネーム", "ミドル名", "中间名", "中間名"),
        *("weiterevornamen", "zweitername", "weiterervorname", "deuxièmeprénom", "отчество"),
    },
    SHOWN: {
        *("emaildisplayname", "fileas", "mail이름", "전자메일표시이름", "이메일표시이름"),
        *(
            "電子メール表示名",
            "电子邮件显示名称",
            "电子邮件显示名",
            "電子郵件顯示名",
            "電子郵件顯示名稱",
            "emailangezeigtername",
            "emailanzeigename",
        ),
    },
}
_KIND_OF = {title: kind for kind, titles in _KINDS.items() for title in titles}

_BESIDE = {
    *("회사", "휴대폰", "전화번호", "닉네임", "부서", "직급", "전자 메일 주소", "이메일 주소", "메일 주소"),
    *("電子メール アドレス", "会社", "会社名", "電話番号", "ふりがな", "部署"),
    *("公司", "电话", "電話", "手机", "手機", "部门", "部門"),
}

# As they stand in files, for finding the encoding: any script but Latin.
WORDS = frozenset(
    title for title in {*_KIND_OF, *_ADDRESS_ENDS, *_ADDRESSES, *_BESIDE} if not title.isascii()
)


def kind_of(title: str) -> str:
    """What a column with this title has; empty if that is nothing of ours."""
    title = title.strip().strip("*:：")
    plain = normal_title(title)
    if kind := _KIND_OF.get(plain):
        return kind
    if plain in _ADDRESSES:
        return ADDRESS
    bare = normal_title(without_brackets(title))
    if plain.endswith(_ADDRESS_ENDS) or bare.endswith(_ADDRESS_ENDS):
        return "" if any(word in plain for word in _ABOUT_ADDRESSES) else ADDRESS
    if _is_required_sign(title) and (kind := _KIND_OF.get(bare)):
        return kind
    return ""


_REQUIRED = ("필수", "선택", "必須", "任意", "必填", "required", "optional", "pflicht")


def _is_required_sign(title: str) -> bool:
    """ "이름(필수)": what is in the brackets changes nothing. "姓(よみがな)" is another column than "姓"."""
    return any(word in title.casefold() for word in _REQUIRED)


def in_this_table(kinds: dict[int, str], titles: dict[int, str]) -> dict[int, str]:
    """The kinds of all columns, where one says what another is.

    Beside a family name, "이름" and "名字" are the given one; beside a given name, "Name" is the family's.
    """
    kinds = dict(kinds)
    present = set(kinds.values())
    for place, kind in kinds.items():
        plain = normal_title(titles.get(place, ""))
        if kind == NAME and FAMILY in present and GIVEN not in present and plain in _GIVEN_BESIDE_FAMILY:
            kinds[place] = GIVEN
        elif kind == NAME and GIVEN in present and FAMILY not in present and plain == "name":
            kinds[place] = FAMILY
        elif kind == GIVEN and FAMILY not in present and NAME not in present:
            kinds[place] = NAME
    return kinds


_GIVEN_BESIDE_FAMILY = {"이름", "名前", "お名前", "name"}
