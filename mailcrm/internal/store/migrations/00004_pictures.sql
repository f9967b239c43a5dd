-- Whose pictures from elsewhere an agent wants to see without being asked. See the first file for how this one is written.

CREATE TABLE @picture_senders (
	tenant  {text} NOT NULL,
	agent   {text} NOT NULL,
	address {text} NOT NULL, -- of From, normalised
	proved  {bool} NOT NULL, -- the sender's domain vouched for the mail by which this was said, and has to for those to come
	since   {int}  NOT NULL,
	PRIMARY KEY (tenant, agent, address)
) {norowid};
