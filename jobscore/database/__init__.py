"""What every table shares: column types, transactions, bulk writes, engines, migrations."""
