"""Money: what a satellite and a flight cost (`Bill`), and what a run did (`costs`).  Pure: prices rerun nothing."""

from sim.economics.bill import Bill, bills_of
from sim.economics.costs import Costs, Flights, costs, working_satellite_years
from sim.economics.servicing import ServicingCosts

__all__ = ["Bill", "Costs", "Flights", "ServicingCosts", "bills_of", "costs", "working_satellite_years"]
