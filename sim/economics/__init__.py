"""Money: what a satellite and a flight cost (`Bill`), and what a run did (`costs`).  Pure: prices rerun nothing."""

from sim.economics.bill import Bill, bills_of
from sim.economics.costs import Costs, costs, discount_rate, working_satellite_years
from sim.economics.ground import begun, built_for_stock, days_of_each, finished, flown
from sim.economics.ledger import (
    ITEMS,
    SERVICING,
    Entry,
    Item,
    Ledger,
    annuity,
    capital_recovery,
    discount,
    mean_discount,
    value_left,
)
from sim.economics.purchases import Flights
from sim.economics.spares import stored_changes, stored_satellite_years, transfer_propellant_kg
from sim.economics.tessac import Tessac, tessac

__all__ = [
    "ITEMS",
    "SERVICING",
    "Bill",
    "Costs",
    "Entry",
    "Flights",
    "Item",
    "Ledger",
    "Tessac",
    "annuity",
    "begun",
    "bills_of",
    "built_for_stock",
    "capital_recovery",
    "costs",
    "days_of_each",
    "discount",
    "discount_rate",
    "finished",
    "flown",
    "mean_discount",
    "stored_changes",
    "stored_satellite_years",
    "tessac",
    "transfer_propellant_kg",
    "value_left",
    "working_satellite_years",
]
