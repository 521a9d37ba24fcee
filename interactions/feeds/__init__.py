"""What the ERP sends of sales, and review sites of us: kinds of feeds (see `accounts.feeds`)."""
