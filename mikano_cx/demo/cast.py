"""The people of the demo. Six of them have names from Mikano's own workbook."""

from typing import NamedTuple

from accounts.people.roles import SELLING, Role

ALL = ("motors", "power", "medical", "gras", "cube65")


class CastMember(NamedTuple):
    full_name: str
    roles: tuple[Role, ...]
    divisions: tuple[str, ...]
    entries: int = 0  # interactions that the person logs in the whole demo
    leads: str = ""  # the division that the person heads
    keeps: str = ""  # the division whose data steward the person is
    left_days_ago: int | None = None
    away_days: int = 0  # days of leave that end today, without any entry

    @property
    def username(self) -> str:
        return self.full_name.lower().replace(" ", ".")

    @property
    def sells(self) -> bool:
        """Whether the person may hold accounts."""
        return bool(SELLING & set(self.roles))


def cast_member(full_name: str) -> "CastMember":
    return next(person for person in CAST if person.full_name == full_name)


SALES, HEAD, STEWARD = Role.SALES, Role.HEAD, Role.STEWARD
CAST = (
    CastMember("Funke Ade", (SALES,), ("motors",), 140),
    CastMember("Yinka Oladipo", (SALES,), ("motors",), 110),
    CastMember("Ngozi Eze", (SALES, HEAD), ("motors",), 80, leads="motors"),
    CastMember("Aisha Bello", (SALES, STEWARD), ("motors",), 70, keeps="motors"),
    CastMember("Segun Oyelaran", (SALES,), ("motors",), 60, left_days_ago=150),
    CastMember("Emeka Nwosu", (SALES,), ("power",), 135),
    CastMember("Chinedu Obi", (SALES,), ("power",), 120),
    CastMember("Osagie Ighodaro", (SALES,), ("power",), 95, away_days=8),
    CastMember("Babajide Akande", (HEAD,), ("power",), 45, leads="power"),
    CastMember("Halima Yusuf", (SALES, STEWARD), ("power",), 65, keeps="power"),
    CastMember("Ibrahim Danladi", (SALES,), ("medical",), 110),
    CastMember("Uche Nnamdi", (SALES,), ("medical",), 100),
    CastMember("Adaobi Okafor", (HEAD,), ("medical",), 40, leads="medical"),
    CastMember("Sade Adeyemi", (SALES, STEWARD), ("medical",), 60, keeps="medical"),
    CastMember("Bisi Lawal", (SALES,), ("gras",), 80),
    CastMember("Folake Martins", (SALES, HEAD), ("gras",), 35, leads="gras"),
    CastMember("Efe Omoruyi", (SALES, STEWARD), ("gras",), 45, keeps="gras"),
    CastMember("Kelechi Umeh", (SALES,), ("cube65",), 55, away_days=8),
    CastMember("Hauwa Garba", (SALES, HEAD), ("cube65",), 25, leads="cube65"),
    CastMember("Simi Coker", (SALES, STEWARD), ("cube65",), 30, keeps="cube65"),
    CastMember("Tunde Bakare", (Role.PBI,), ALL, 25),
    CastMember("Ifeoma Okeke", (Role.IT,), ()),
    CastMember("Gbenga Alabi", (Role.MANAGEMENT,), ()),
)
# The people whom a visitor may sign in as, one or more for each role, in the order shown.
LOGINS = (
    *("Funke Ade", "Emeka Nwosu", "Uche Nnamdi", "Ngozi Eze", "Aisha Bello"),
    *("Tunde Bakare", "Ifeoma Okeke", "Gbenga Alabi"),
)

FIRST_NAMES = (
    "Adaeze Ahmed Aminat Amaka Ayodele Bashir Blessing Bola Chiamaka Chidi Chioma Chuka Damilola Deborah Ebere "
    "Ejiro Emmanuel Fatima Femi Gloria Godwin Grace Habib Idris Ifeanyi Ikenna Jamila Joy Kunle Lanre Lola "
    "Maryam Mercy Musa Nkechi Nnenna Obinna Oluchi Patience Peter Rahila Rotimi Ruth Sani Sola Stella Tayo "
    "Temitope Tonye Uchenna Usman Victor Wale Yemi Yusuf Zainab"
).split()
LAST_NAMES = (
    "Abiodun Abubakar Adeleke Adeniyi Afolabi Agbo Ajayi Akinola Aliyu Amadi Anyanwu Audu Balogun Bassey "
    "Briggs Chukwu Danjuma Dike Ebong Edet Effiong Ekwueme Gambo Haruna Ibe Igwe Isa Johnson Kalu Lawson Madu "
    "Mohammed Momoh Nwachukwu Nwankwo Obaseki Odili Ogbonna Ogunleye Ojo Okon Okonkwo Okoro Olawale Onuoha "
    "Orji Osagie Peters Salami Shehu Sule Uba Udo Umar Waziri Williams"
).split()
