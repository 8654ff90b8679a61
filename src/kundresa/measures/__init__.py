"""Pure measures over event tables: values in, values out; no database, clock or network."""
