"""A rack: a DUT behind SSH whose test NICs are cabled to NICs of the tester."""
