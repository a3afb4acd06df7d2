"""Money: what a satellite and a flight cost (`Bill`), and what a run did (`costs`).  Pure: prices rerun nothing."""

from sim.economics.bill import Bill, bills_of
from sim.economics.costs import Costs, Flights, costs, working_satellite_years
from sim.economics.ground import begun, built_for_stock, finished, flown
from sim.economics.servicing import ServicingCosts
from sim.economics.spares import stored_changes, stored_satellite_years, transfer_propellant_kg
from sim.economics.tessac import Tessac, tessac

__all__ = [
    "Bill",
    "Costs",
    "Flights",
    "ServicingCosts",
    "Tessac",
    "begun",
    "bills_of",
    "built_for_stock",
    "costs",
    "finished",
    "flown",
    "stored_changes",
    "stored_satellite_years",
    "tessac",
    "transfer_propellant_kg",
    "working_satellite_years",
]
