//! Terms.
//! Not.
