"""People CSVs: rows become accounts that wait for a yes, by invitation and with consent."""
