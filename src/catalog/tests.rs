//! The catalogue as it is, and every bad file.
