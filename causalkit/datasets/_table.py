"""The fixed table of datasets: file, hash and the type of every column."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["int", "float", "text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a dataset lies and how to read it.

    Attributes
    ----------
    file : str
        Name of the CSV file in the folder of the dataset.
    sha256 : str
        Hash of its bytes.
    columns : mapping of str to {"int", "float", "text"}
        Type of each column, in the order of the file. An empty field is allowed in float columns alone, and is NaN.
    count : str, optional
        Column of frequencies, if a line of the file stands for several rows.
    """

    file: str
    sha256: str
    columns: Mapping[str, Kind]
    count: str | None = None


TABLE: Final[Mapping[str, Source]] = MappingProxyType(
    {
        "berkeley_admissions": Source(
            file="berkeley_admissions.csv",
            sha256="4bf0538ee00888fd119084447c5eea521ddf727dd06649a51f1b3fa6c56fe6df",
            columns={"department": "text", "gender": "text", "admitted": "int", "count": "int"},
            count="count",
        ),
        "kidney_stones": Source(
            file="kidney_stones.csv",
            sha256="4dd1e687f0afff1b7f94263a957469e6ab3da8a085680803034f012eb285fb80",
            columns={"stone_size": "text", "treatment": "text", "success": "int", "count": "int"},
            count="count",
        ),
        "service_gmv": Source(
            file="service_gmv.csv",
            sha256="ed0e2bd381d0b04c6cb004b14bee390721c6061e7c11dbfbdc9032312b49abf5",
            columns={
                "user_id": "int",
                "activity": "text",
                "used_service": "int",
                "gmv": "int",
                "region": "text",
                "city_tier": "int",
                "tenure_months": "int",
                "orders_before": "int",
                "orders_after": "int",
            },
        ),
        "titanic": Source(
            file="titanic.csv",
            sha256="6e4bae5e16c678ed388d5bde1e0f666ed0ea8e2accad23bb9682cc0b066f591a",
            columns={"class": "text", "sex": "text", "age": "text", "survived": "int", "count": "int"},
            count="count",
        ),
    }
)
