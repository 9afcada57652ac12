"""How a draft looks: as data, as text in the form's order, as a page to print and copy from."""
