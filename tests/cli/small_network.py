"""The files of a network of one dealer with three people."""

from pathlib import Path

FILES = {
    "partners.csv": "partner_id,name,kinds\nRIV,Riverside,sell;service",
    "partner_links.csv": "upstream_id,downstream_id,kind,valid_from,valid_to",
    "brands.csv": "brand_id,name\nborealis,Borealis",
    "dimensions.csv": "dimension_id,name\nservice,Service",
    "nodes.csv": "dimension_id,node_id,name,parent_id\nservice,all,All,\nservice,north,North,all",
    "positions.csv": "position_id,title,family\ntechnician,Technician,service\nadvisor,Advisor,sales",
    "locations.csv": (
        "location_id,partner_id,name,city,country,time_zone,opened,closed\n"
        "RIV-1,RIV,Riverside Motors,Riverside,US,America/Los_Angeles,2010-01-01,"
    ),
    "location_brands.csv": "location_id,brand_id,activity,valid_from,valid_to\nRIV-1,borealis,service,2010-01-01,",
    "location_nodes.csv": "location_id,dimension_id,node_id,valid_from,valid_to\nRIV-1,service,north,2010-01-01,",
    "people.csv": (
        "person_id,partner_id,given_name,family_name,email,locale\n"
        "P1,RIV,Lena,Ortiz,lena@riverside.example,en\n"
        "P2,RIV,Sam,Reed,sam@riverside.example,en\n"
        "P3,RIV,Ola,Nord,ola@riverside.example,en"
    ),
    "appointments.csv": (
        "appointment_id,person_id,location_id,position_id,audience_class,brands,valid_from,valid_to\n"
        "A1,P1,RIV-1,technician,external,borealis,2024-01-01,\n"
        "A2,P2,RIV-1,technician,external,,2024-01-01,\n"
        "A3,P3,RIV-1,advisor,external,borealis,2024-01-01,"
    ),
}


def write_network(folder: Path, **other: str) -> Path:
    """Write the files; ``other`` replaces some, without ``.csv``."""
    folder.mkdir(exist_ok=True)
    for name, text in FILES.items():
        (folder / name).write_text(other.get(name.removesuffix(".csv"), text) + "\n")
    return folder
