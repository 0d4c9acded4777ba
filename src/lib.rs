//! Orrery: a private astrology-advice appliance in one executable.
