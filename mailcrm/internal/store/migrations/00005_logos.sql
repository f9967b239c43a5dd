-- Small pictures that came as attachments, and how often. See the first file for how this one is written.

CREATE TABLE @logos (
	tenant  {text}  NOT NULL,
	picture {bytes} NOT NULL, -- SHA-256 of the domain of From and the picture's own SHA-256: nobody can be read from it
	mails   {int}   NOT NULL, -- in which it came
	thread  {text}  NOT NULL, -- of the last of them
	PRIMARY KEY (tenant, picture)
) {norowid};
