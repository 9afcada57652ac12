"""The household's contacts: their calls ring."""
