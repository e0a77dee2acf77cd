/** A column that marks a row as deleted, by the usual meaning of its name; set for few rows of a table. */
export const softDelete = /^(?:deleted|archived|removed|trashed|discarded)_?(?:at|on|date)$/i;
