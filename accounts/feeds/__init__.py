"""The nightly import from the ERP: what a feed is, how its files are read, decided and applied, and its pages."""
