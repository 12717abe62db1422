//! The tables of this crate and the SQL on them.
//!
//! Functions take the connection of a read or the transaction of a commit; none begins or ends one.

pub(crate) mod alerts;
pub(crate) mod deals;
pub(crate) mod mail;
pub(crate) mod notifications;
pub(crate) mod register;
pub(crate) mod rooms;
pub(crate) mod sent;
pub(crate) mod tasks;

use storage::Migration;

/// The tables of this crate, oldest migration first.
pub const MIGRATIONS: &[Migration] = &[
    mail::MAIL,
    notifications::NOTIFICATIONS,
    tasks::TASKS,
    register::REGISTER,
    deals::CATALOGUE,
    rooms::ROOMS,
    sent::SENT,
    mail::TIMES,
    deals::ALERT_CURRENCIES,
];
