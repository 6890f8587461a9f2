"""How it is judged: specs, random streams, training, evaluation, records, statistics, tables, command line."""
