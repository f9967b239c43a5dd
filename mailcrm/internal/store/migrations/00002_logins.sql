-- Logins: sign-ins of people at a provider, apart from the accounts that use them. See the first file for how this one is written.

CREATE TABLE @logins (
	tenant    {text}  NOT NULL,
	id        {text}  NOT NULL,
	agent     {text}  NOT NULL, -- who signed in
	provider  {text}  NOT NULL,
	subject   {text}  NOT NULL, -- as whom
	principal {text}  NOT NULL, -- the provider's own name for him, which stays when he is renamed
	scopes    {text}  NOT NULL, -- JSON
	secret    {bytes} NOT NULL, -- the refresh token, sealed
	state     {text}  NOT NULL, -- ok, revoked
	code      {text}  NOT NULL, -- why it is revoked
	detail    {text}  NOT NULL,
	since     {int}   NOT NULL,
	claimed   {int}   NOT NULL, -- a node uses the refresh token until then, by the data base's clock
	claims    {int}   NOT NULL, -- how often it was claimed: names the claim
	revision  {int}   NOT NULL,
	created   {int}   NOT NULL,
	PRIMARY KEY (tenant, id)
);
CREATE INDEX logins_agent ON @logins (tenant, agent);

CREATE TABLE @login_states (
	tenant   {text}  NOT NULL,
	id       {text}  NOT NULL, -- SHA-256 of what the browser carries
	agent    {text}  NOT NULL,
	provider {text}  NOT NULL,
	login    {text}  NOT NULL, -- to be renewed; empty: a new one
	hint     {text}  NOT NULL,
	redirect {text}  NOT NULL,
	verifier {bytes} NOT NULL, -- sealed
	expires  {int}   NOT NULL,
	PRIMARY KEY (tenant, id)
);
CREATE INDEX login_states_agent ON @login_states (tenant, agent);
