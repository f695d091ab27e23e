"""What the columns of LINE WORKS' files are called, in Korean, Japanese and English, old and new."""

import re

from groupadmin.base.spreadsheets import normal_title

_TITLES = {
    "family": "성 姓 lastname familyname surname",
    "given": "이름 名 名前 firstname givenname",
    "name": "성명 氏名 表示名 name fullname displayname",
    "family_reading": "姓フリガナ 姓ふりがな 姓カナ phoneticlastname lastnamephonetic 성발음",
    "given_reading": "名フリガナ 名前フリガナ 名ふりがな 名カナ phoneticfirstname firstnamephonetic 이름발음",
    "nickname": "닉네임 ニックネーム nickname",
    "id": "id 아이디 계정 アカウント account loginid ログインid",
    "email": "메일 이메일 메일주소 이메일주소 メール メールアドレス mail email emailaddress mailaddress",
    "aliases": "보조메일 보조이메일 별칭 이메일별칭 サブメール サブメールアドレス "
    "submail subemail aliasemail alias",
    "level": "직급 職級 level joblevel",
    "teams": "조직 부서 소속 조직명 조직직책 組織 部署 所属 組織名 組織役職 "
    "team organization orgunit department teamname organizationname teamposition organizationposition",
    "position": "직책 役職 position jobposition",
    "phone": "전화 전화번호 회사전화 사내전화 電話 電話番号 会社電話 telephone phone workphone phonenumber",
    "mobile": "휴대폰 휴대폰번호 휴대전화 휴대전화번호 携帯電話 携帯番号 携帯電話番号 "
    "mobile mobilephone cellphone",
    "site": "근무처 근무지 勤務先 勤務地 location workplace",
    "number": "사원번호 사번 社員番号 employeenumber employeeno employeeid",
    "hired": "입사일 입사일자 入社日 hireddate hiredate dateofemployment joiningdate",
    "id_there": "externalkey 외부키 userexternalkey",
    "status": "상태 계정상태 ステータス 状態 status",
    "user_type": "사용자유형 구성원유형 利用権限タイプ usertype",
    "group": "그룹명 グループ名 groupname",
    "masters": "그룹마스터 마스터 グループマスター マスター groupmaster master masters",
    "members": "구성원 멤버 メンバー members",
    "list": "메일링리스트 メーリングリスト mailinglist",
    "description": "설명 說明 説明 description",
}
KINDS = {title: kind for kind, titles in _TITLES.items() for title in titles.split()}

KNOWN = frozenset(KINDS) | {"성", "이름", "姓", "名", "last name", "first name"}
"""In lower case, as files have them: they help to find the encoding and the separator."""

_DEPTH = re.compile(
    r"(?:(\d{1,2})\s*(?:차|단계|뎁스|次|階層)|(?:depth|level|조직|組織|team|organization)\s*(\d{1,2}))",
    re.IGNORECASE,
)


def kind_of(title: str) -> str:
    """What a column is about; empty if that is not known. What stands in brackets may say it better."""
    return KINDS.get(normal_title(title)) or KINDS.get(normal_title(re.sub(r"[(（].*", "", title)), "")


def depth_of(title: str) -> int:
    """Of a file of teams: how deep the teams in a column are, from 1; 0 for another column."""
    found = _DEPTH.search(title)
    return int(found[1] or found[2]) if found else 0
