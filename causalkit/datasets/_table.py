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
        Name of the CSV file in the folder of the dataset; compressed if it ends in ``.gz``.
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
        "acquisition_channels": Source(
            file="acquisition_channels.csv",
            sha256="f8c458056586c6a3a0b38761e2b9f6c915418af89be2be78cf8274fddac4543f",
            columns={
                "user_id": "int",
                "channel": "text",
                "first_basket": "text",
                "city_tier": "int",
                "cost": "float",
                "retained": "int",
            },
        ),
        "berkeley_admissions": Source(
            file="berkeley_admissions.csv",
            sha256="4bf0538ee00888fd119084447c5eea521ddf727dd06649a51f1b3fa6c56fe6df",
            columns={"department": "text", "gender": "text", "admitted": "int", "count": "int"},
            count="count",
        ),
        "city_roll_out": Source(
            file="city_roll_out.csv",
            sha256="3dde34495538258fff4b14f605f7374891ff4da1a09d1fc374996bd16409692a",
            columns={
                "city": "int",
                "week": "int",
                "launch_week": "float",
                "live": "int",
                "region": "int",
                "orders": "float",
            },
        ),
        "coupon_buyers": Source(
            file="coupon_buyers.csv",
            sha256="06869c3797e8c65d630e4e5608e5faa10362e1ef9aeb266c5ab6f8894d7186d0",
            columns={
                "buyer_id": "int",
                "recency_days": "int",
                "orders_before": "int",
                "spend_before": "int",
                "first_product": "text",
                "channel": "text",
                "coupon": "int",
                "redeemed_day": "float",
                "bought_14_60": "int",
                "spend_0_13": "int",
                "spend_14_60": "int",
                "spend_61_120": "int",
            },
        ),
        "feature_push": Source(
            file="feature_push.csv",
            sha256="b38d413f9e6be6bbe95427c798f24332783a4c8966683aef06c5d46d16acb5a9",
            columns={
                "user_id": "int",
                "spend_before": "int",
                "push": "int",
                "feature": "int",
                "spend": "int",
            },
        ),
        "kidney_stones": Source(
            file="kidney_stones.csv",
            sha256="4dd1e687f0afff1b7f94263a957469e6ab3da8a085680803034f012eb285fb80",
            columns={"stone_size": "text", "treatment": "text", "success": "int", "count": "int"},
            count="count",
        ),
        "loyalty_tier": Source(
            file="loyalty_tier.csv",
            sha256="4cc3a8b5675e1b4a7ca7b33bf51b6371c9442632bad29c77f69ff13d37b18855",
            columns={
                "user_id": "int",
                "score": "float",
                "tenure_months": "int",
                "gold": "int",
                "spend": "int",
            },
        ),
        "nsw_cps": Source(
            file="nsw_cps.csv.gz",
            sha256="5c8d23aa765f29ed0f0d433af76b117b0f99927a125b0ac724be1b0c2f5a9877",
            columns={
                "sample": "text",
                "treated": "int",
                "age": "int",
                "education": "int",
                "black": "int",
                "hispanic": "int",
                "married": "int",
                "no_degree": "int",
                "re74": "float",
                "re75": "float",
                "re78": "float",
            },
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
