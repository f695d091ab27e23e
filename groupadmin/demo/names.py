"""People's names in several scripts, each with a Latin form for the email address."""

import random
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Culture:
    """How names are made: native and Latin forms, joined by a slash."""

    families: str
    givens: str
    pattern: str = "{given} {family}"

    def name(self, chance: random.Random) -> tuple[str, str]:
        """A name, and the local part of its email address."""
        family, family_latin = _word(self.families, chance)
        given, given_latin = _word(self.givens, chance)
        return self.pattern.format(given=given, family=family), f"{given_latin}.{family_latin}"


def _word(words: str, chance: random.Random) -> tuple[str, str]:
    native, _slash, latin = chance.choice(words.split()).partition("/")
    return native.replace("_", " "), latin or native.lower()


KOREAN = Culture(
    "김/kim 이/lee 박/park 최/choi 정/jung 강/kang 조/cho 윤/yoon 장/jang "
    " 임/lim 한/han 오/oh 서/seo 신/shin 남궁/namgung",
    "서연/seoyeon 민준/minjun 하윤/hayoon 도윤/doyoon 지민/jimin 수아/sua 예준/yejun 현우/hyunwoo 은지/eunji "
    "태양/taeyang 유진/yujin 소라/sora 준호/junho 다은/daeun 성민/seongmin 나래/narae",
    "{family}{given}",
)
JAPANESE = Culture(
    "佐藤/sato 鈴木/suzuki 高橋/takahashi 田中/tanaka 渡辺/watanabe 伊藤/ito 山本/yamamoto 中村/nakamura "
    "小林/kobayashi 斎藤/saito",
    "蓮/ren 葵/aoi 大翔/hiroto さくら/sakura 悠真/yuma 結衣/yui 直樹/naoki 美咲/misaki 健/ken 千尋/chihiro",
    "{family} {given}",
)
CHINESE = Culture(
    "王/wang 李/li 張/zhang 劉/liu 陳/chen 楊/yang 黃/huang 趙/zhao 周/zhou 歐陽/ouyang",
    "偉/wei 芳/fang 娜/na 秀英/xiuying 敏/min 靜/jing 麗/lihua 強/qiang 磊/lei 子涵/zihan",
    "{family}{given}",
)
GERMAN = Culture(
    "Müller/mueller Schröder/schroeder Weiß/weiss Köhler/koehler Brandt Vogel Krüger/krueger Lorenz "
    "von_Arnim/vonarnim Jäger/jaeger Petersen Hansen",
    "Jürgen/juergen Anneliese Björn/bjoern Käthe/kaethe Sören/soeren Lena Matthias Ursula Torben "
    "Wiebke Jan Frauke",
)
ENGLISH = Culture(
    "Carter O’Brien/obrien Whitfield Okafor Bennett Hughes McAllister Turner Shaw Ellison",
    "Grace Oliver Amelia Desmond Ruth Callum Naomi Theodore Beth Marcus",
)
INDIAN = Culture(
    "शर्मा/sharma पटेल/patel सिंह/singh गुप्ता/gupta जोशी/joshi कुलकर्णी/kulkarni मिश्रा/mishra",
    "प्रिया/priya अर्जुन/arjun काव्या/kavya रोहन/rohan नेहा/neha विक्रम/vikram अनन्या/ananya",
)
TAMIL = Culture(
    "இரா./raman சு./subramanian",
    "மீனா/meena கார்த்திக்/karthik லட்சுமி/lakshmi சரவணன்/saravanan",
    "{family} {given}",
)
ARABIC = Culture(
    "حداد/haddad منصور/mansour الخطيب/alkhatib ناصر/nasser العمري/alomari سالم/salem",
    "ليلى/layla عمر/omar فاطمة/fatima يوسف/yousef مريم/maryam خالد/khaled",
)
HEBREW = Culture("לוי/levi כהן/cohen מזרחי/mizrahi", "נועה/noa איתן/eitan תמר/tamar")
CYRILLIC = Culture(
    "Шевченко/shevchenko Іванова/ivanova Петров/petrov Ковальчук/kovalchuk Соколова/sokolova",
    "Оксана/oksana Дмитро/dmytro Анна/anna Сергей/sergei Юлія/yuliia",
)
GREEK = Culture("Παπαδοπούλου/papadopoulou Νικολάου/nikolaou", "Ελένη/eleni Γιώργος/giorgos Σοφία/sofia")
THAI = Culture("ศรีสุข/srisuk วงศ์ไทย/wongthai", "สมชาย/somchai มาลี/malee อนงค์/anong")
LATIN = Culture(
    "Nguyễn/nguyen Łukasiewicz/lukasiewicz Yılmaz/yilmaz Ångström/angstrom García_Lorca/garcialorca "
    "Dvořák/dvorak Adébáyọ̀/adebayo Sigurðsson/sigurdsson D’Angelo/dangelo Ōtomo/otomo",
    "Thị_Hạnh/hanh Zofia Çağla/cagla Åsa/asa José/jose Jiří/jiri Fọláṣadé/folasade Þóra/thora Noè/noe "
    "Chloé/chloe",
)

HANBIT_MIX = (
    [KOREAN] * 34
    + [JAPANESE] * 13
    + [CHINESE] * 9
    + [GERMAN] * 8
    + [ENGLISH] * 9
    + [INDIAN] * 8
    + [TAMIL] * 2
    + [ARABIC] * 7
    + [HEBREW] * 2
    + [CYRILLIC] * 4
    + [GREEK] * 2
    + [THAI] * 2
    + [LATIN] * 8
)
NORDLICHT_MIX = [GERMAN] * 6 + [LATIN] * 2 + [CYRILLIC, ENGLISH]


def people(mix: list[Culture], taken: set[str]) -> Iterator[tuple[str, str]]:
    """Endless names and local parts, the same in every installation. Adds them to `taken`."""
    chance = random.Random(2024)  # noqa: S311  (a demonstration, not a secret)
    while True:
        name, local_part = chance.choice(mix).name(chance)
        if local_part not in taken:
            taken.add(local_part)
            yield name, local_part
