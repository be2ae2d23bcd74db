"""Trains, evaluates and exports on the tables that dbt builds."""

__version__ = "0.1.0"
