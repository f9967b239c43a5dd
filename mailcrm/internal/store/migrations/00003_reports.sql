-- What a mail is and how far its sender is proved; what became of sent mails; how an account's server signs. See the first file for how this one is written.

ALTER TABLE @messages ADD COLUMN kind {text} NOT NULL DEFAULT ''; -- bounce, receipt, auto_reply, feedback
ALTER TABLE @messages ADD COLUMN facts {text} NOT NULL DEFAULT ''; -- JSON: list, authentication, notes, wish for a receipt
ALTER TABLE @messages ADD COLUMN receipt {text} NOT NULL DEFAULT ''; -- what was answered to the wish: sent, declined

ALTER TABLE @accounts ADD COLUMN sightings {text} NOT NULL DEFAULT ''; -- JSON: how the server that takes its mail signs

CREATE TABLE @deliveries (
	tenant     {text} NOT NULL,
	submission {text} NOT NULL,
	address    {text} NOT NULL, -- of a recipient, normalised
	message    {text} NOT NULL, -- that was sent
	state      {text} NOT NULL, -- delayed, relayed, delivered, bounced, displayed, complained
	content    {text} NOT NULL, -- JSON: the rest
	PRIMARY KEY (tenant, submission, address)
) {norowid};
CREATE INDEX deliveries_message ON @deliveries (tenant, message);
CREATE INDEX submissions_message ON @submissions (tenant, message);

--sqlite INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
--sqlite	('deliveries', 'deliveries', '5000 5000 2 1'),
--sqlite	('deliveries', 'deliveries_message', '5000 5000 2'),
--sqlite	('submissions', 'submissions_message', '20000 20000 1');
--sqlite ANALYZE sqlite_schema;
