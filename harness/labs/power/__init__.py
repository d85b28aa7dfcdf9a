"""Power of what is in a cable, a media converter or a switch: by uhubctl, by labgrid."""
