//! Units, formulas and draws: known answers, every error, and laws that hold for any text.
