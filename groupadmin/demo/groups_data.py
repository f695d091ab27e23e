"""The demonstration's groups as text: forty that stay, and one that gets deleted."""

from dataclasses import dataclass

from groups.actions import Contact
from groups.models import Feature

ROOM = frozenset({Feature.MESSAGE, Feature.NOTE, Feature.EVENT, Feature.TASK, Feature.FOLDER})
TALK = frozenset({Feature.MESSAGE})
SHARE = frozenset({Feature.MESSAGE, Feature.NOTE, Feature.FOLDER})
PLAN = frozenset({Feature.MESSAGE, Feature.EVENT})
NOTHING: frozenset[Feature] = frozenset()


@dataclass(frozen=True)
class Demo:
    """A group as text. People are keys of the cast, or "3 of Vision": the first three of that team."""

    name: str
    masters: tuple[str, ...]
    people: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    features: frozenset[Feature] = NOTHING
    description: str = ""
    address: str = ""
    private: bool = False
    external: bool = False
    notifies: bool = False
    own_features: bool = True
    blocks: bool = False
    designated: bool = False
    contacts: tuple[Contact, ...] = ()
    photo: str = ""


HANBIT = (
    Demo(
        "All of Hanbit",
        ("administrator", "second administrator"),
        teams=(
            "Engineering",
            "Product & Design",
            "제조",
            "Sales",
            "People & Culture",
            "Finance & Legal",
            "Executive office",
        ),
        features=TALK,
        address="everyone",
        description="Announcements for everybody, in Korean and English.",
        own_features=False,
        blocks=True,
        designated=True,
        notifies=True,
        photo="robot #dbe7ff #3056d3 #ffffff",
    ),
    Demo(
        "Engineering all hands", ("1 of Engineering",), teams=("Engineering",), features=PLAN, address="eng"
    ),
    Demo(
        "SRE on call",
        ("master",),
        teams=("SRE",),
        features=ROOM,
        address="oncall",
        description="Who watches the fleet this week, runbooks, and handovers between Seoul and Berlin.",
        contacts=(
            Contact("noc@datacenter.example", "Data centre, night desk"),
            Contact("pager@alerts.example"),
        ),
        photo="waves #14213d #2a6f97 #01497c",
    ),
    Demo(
        "Platform guild",
        ("master", "1 of Platform"),
        teams=("Platform",),
        people=("1 of Firmware",),
        features=SHARE,
    ),
    Demo(
        "Launch: HB-7 가정용 로봇",
        ("1 of Product management", "master"),
        people=("administrator", "3 of Design"),
        teams=("Perception",),
        groups=("Platform guild", "SRE on call"),
        features=ROOM,
        address="hb7-launch",
        description="Everything for the household robot until it ships: plan, risks, press, big red button.",
        notifies=True,
        photo="robot #1f2937 #f59e0b #1f2937",
    ),
    Demo(
        "Launch steering",
        ("second administrator",),
        people=("administrator", "1 of Product management"),
        private=True,
        features=SHARE,
        description="Decisions about HB-7.",
    ),
    Demo(
        "Perception papers",
        ("1 of Perception",),
        teams=("Perception",),
        people=("2 of Data & Telemetry",),
        features=SHARE,
    ),
    Demo(
        "Vision stand-up",
        ("1 of Vision",),
        teams=("Vision",),
        people=("member",),
        features=PLAN,
        photo="robot #e0f2f1 #00796b #b2ff59",
    ),
    Demo(
        "Lidar",
        ("1 of Lidar [prototype]",),
        teams=("Lidar [prototype]",),
        people=("member",),
        features=ROOM,
        private=True,
        photo="waves #f3e8ff #a855f7 #6b21a8",
    ),
    Demo(
        "Robotics weekly",
        ("1 of Robotics",),
        teams=("Robotics",),
        groups=("Vision stand-up",),
        features=PLAN,
        address="robotics-weekly",
    ),
    Demo(
        "Firmware releases",
        ("1 of Firmware",),
        teams=("Firmware", "Quality"),
        features=TALK | {Feature.TASK},
        address="firmware-releases",
        contacts=(Contact("certification@testlab.example", "Test laboratory"),),
    ),
    Demo(
        "Security response",
        ("master", "2 of Platform"),
        people=("3 of SRE", "2 of Firmware", "1 of Legal"),
        features=ROOM,
        address="incidents",
        private=True,
        description="Reports from outside arrive here.",
        contacts=(Contact("cert@security.example", "CERT"),),
    ),
    Demo(
        "Accessibility",
        ("1 of Design",),
        people=("member", "2 of Research", "1 of Quality"),
        features=SHARE,
        description="Robots and screens for everybody.",
    ),
    Demo("Design critique", ("2 of Design",), teams=("Design",), features=PLAN),
    Demo(
        "User research panel",
        ("1 of Research",),
        teams=("Research",),
        people=("2 of Product management",),
        features=SHARE,
        address="research-panel",
    ),
    Demo(
        "평택 공장 안전",
        ("1 of 평택 공장",),
        teams=("평택 공장",),
        features=ROOM,
        address="safety",
        description="안전 점검 일정과 사고 보고. 긴급 상황은 전화로 알려 주세요.",
        notifies=True,
        photo="robot #fff3cd #e85d04 #370617",
    ),
    Demo(
        "조립 A·B 라인 교대",
        ("1 of 조립 A라인", "1 of 조립 B라인"),
        teams=("조립 A라인", "조립 B라인"),
        features=PLAN,
    ),
    Demo(
        "Supply crisis 2026",
        ("1 of Supply chain",),
        people=("2 of Controlling",),
        teams=("Supply chain",),
        features=SHARE,
        private=True,
        own_features=False,
    ),
    Demo(
        "東アジア営業会議",
        ("1 of 東アジア営業",),
        teams=("東アジア営業",),
        features=PLAN,
        address="east-asia",
        description="毎週月曜日の営業会議。議事録はノートにあります。",
    ),
    Demo(
        "Sales worldwide",
        ("1 of Sales",),
        teams=("Sales",),
        groups=("東アジア営業会議",),
        features=TALK,
        address="sales-all",
    ),
    Demo(
        "معرض دبي",
        ("1 of الشرق الأوسط",),
        teams=("الشرق الأوسط",),
        people=("1 of Design",),
        features=ROOM,
        description="التحضير لمعرض الروبوتات في دبي.",
        photo="hills #fde2c4 #e09f3e #9e2a2b",
    ),
    Demo("DACH-Kundentag", ("1 of DACH",), teams=("DACH",), people=("second administrator",), features=PLAN),
    Demo(
        "Quarterly numbers",
        ("1 of Controlling",),
        teams=("Controlling", "Executive office"),
        features=SHARE,
        private=True,
    ),
    Demo(
        "Works council",
        ("1 of Quality",),
        people=("member", "2 of 조립 A라인", "1 of Supply chain"),
        features=TALK,
        address="works-council",
        private=True,
        blocks=True,
    ),
    Demo(
        "New at Hanbit 👋",
        ("administrator",),
        people=("1 of People & Culture", "2 of Research"),
        features=ROOM,
        description="Questions of the first weeks: nobody minds asking twice.",
    ),
    Demo(
        "Lunch in Seoul 🍜",
        ("1 of People & Culture",),
        people=("administrator", "4 of SRE", "member"),
        features=TALK,
    ),
    Demo(
        "Climbing",
        ("master",),
        people=("member", "2 of DACH", "1 of 東京"),
        features=PLAN,
        photo="hills #bde0fe #588157 #3a5a40",
    ),
    Demo(
        "Archive of HB-5",
        ("leaver",),
        teams=("Developer tools",),
        features=SHARE,
        description="The previous robot. Its master has left the company.",
    ),
    Demo(
        "HB-5 beta programme",
        ("1 of Product management",),
        groups=("HB-5 testers",),
        features=TALK,
        description="The group that it was made of has been deleted.",
    ),
    Demo(
        "Hanbit × Nordlicht: shipping HB-7",
        ("master", "administrator"),
        people=("second administrator", "member"),
        external=True,
        features=SHARE | {Feature.EVENT},
        description="With our carrier: dates, crates and customs.",
        photo="waves #caf0f8 #48cae4 #0077b6",
    ),
    Demo("Nordlicht integration", ("master",), people=("administrator",), external=True, features=TALK),
    Demo(
        "Warehouse pilot Hamburg",
        ("second administrator",),
        people=("administrator",),
        external=True,
        features=PLAN,
    ),
    Demo("Press & partners", ("administrator",), external=True, features=TALK, own_features=False),
    Demo("Standards committee", ("member",), people=("master",), external=True, features=SHARE),
    Demo("University cooperation", ("second administrator",), people=("member",), external=True),
)

NORDLICHT = (
    Demo(
        "Alle bei Nordlicht",
        ("other administrator",),
        teams=("Disposition", "Lager Hamburg", "Kundendienst", "Geschäftsleitung"),
        features=TALK,
        address="alle",
    ),
    Demo("Disposition", ("other",), teams=("Disposition",), features=ROOM, address="dispo"),
    Demo("Kühlkette", ("1 of Kühlhaus",), teams=("Kühlhaus",), people=("other",), features=SHARE),
    Demo(
        "Betriebsrat",
        ("1 of Kundendienst",),
        people=("1 of Lager Hamburg", "1 of Nachtschicht"),
        private=True,
    ),
    Demo("Fahrgemeinschaft 🚗", ("1 of Lager Hamburg",), people=("3 of Kundendienst",), features=TALK),
)

DELETED = Demo(
    "HB-5 testers",
    ("1 of Product management",),
    people=("5 of Quality",),
    features=TALK,
    address="hb5-testers",
)
TOGETHER = ("Hanbit × Nordlicht: shipping HB-7", "Nordlicht integration", "Warehouse pilot Hamburg")
