-- One text for both engines. {int}, {text}, {bytes}, {bool} and {norowid} are spelled as the engine wants; a line that begins with --sqlite or
-- --postgres is for that engine alone. Statements end with a semicolon at the end of a line. Times are microseconds since 1970, UTC; 0 is "never".
-- The tenant is the first column of every key and of every index that is unique.

CREATE TABLE @accounts (
	tenant      {text}  NOT NULL,
	id          {text}  NOT NULL,
	address     {text}  NOT NULL,
	name        {text}  NOT NULL,
	owner       {text}  NOT NULL,
	imap        {text}  NOT NULL, -- JSON
	smtp        {text}  NOT NULL, -- JSON
	imap_secret {bytes} NOT NULL, -- sealed
	smtp_secret {bytes} NOT NULL, -- sealed
	settings    {text}  NOT NULL, -- JSON
	status      {text}  NOT NULL, -- JSON
	next_sync   {int}   NOT NULL,
	last_sync   {int}   NOT NULL,
	links_due   {int}   NOT NULL,
	revision    {int}   NOT NULL,
	created     {int}   NOT NULL,
	PRIMARY KEY (tenant, id),
	UNIQUE (tenant, address)
);
CREATE INDEX accounts_due ON @accounts (next_sync) WHERE next_sync > 0;

CREATE TABLE @account_members (
	tenant  {text} NOT NULL,
	account {text} NOT NULL,
	agent   {text} NOT NULL,
	rights  {int}  NOT NULL,
	PRIMARY KEY (tenant, account, agent)
) {norowid};
CREATE INDEX account_members_agent ON @account_members (tenant, agent);

CREATE TABLE @identities (
	tenant     {text} NOT NULL,
	id         {text} NOT NULL,
	account    {text} NOT NULL,
	place      {int}  NOT NULL,
	name       {text} NOT NULL,
	address    {text} NOT NULL,
	reply_to   {text} NOT NULL,
	signature  {text} NOT NULL,
	is_default {bool} NOT NULL,
	PRIMARY KEY (tenant, id)
);
CREATE INDEX identities_account ON @identities (tenant, account);

CREATE TABLE @mailboxes (
	tenant      {text} NOT NULL,
	id          {text} NOT NULL,
	account     {text} NOT NULL,
	name        {text} NOT NULL,
	wire        {text} NOT NULL,
	delimiter   {text} NOT NULL,
	attributes  {text} NOT NULL, -- JSON
	role        {text} NOT NULL,
	role_how    {text} NOT NULL,
	selectable  {bool} NOT NULL,
	sync        {text} NOT NULL,
	uidvalidity {int}  NOT NULL,
	uidnext     {int}  NOT NULL,
	modseq      {int}  NOT NULL,
	on_server   {int}  NOT NULL,
	since       {int}  NOT NULL,
	synced      {int}  NOT NULL,
	error       {text} NOT NULL,
	gone        {int}  NOT NULL,
	revision    {int}  NOT NULL,
	total       {int}  NOT NULL, -- copies that are there: kept in step with each change
	PRIMARY KEY (tenant, id),
	UNIQUE (tenant, account, name)
);

CREATE TABLE @ledger_ranges (
	tenant  {text} NOT NULL,
	mailbox {text} NOT NULL,
	state   {text} NOT NULL, -- pending, excluded
	lo      {int}  NOT NULL,
	hi      {int}  NOT NULL,
	rule    {text} NOT NULL,
	PRIMARY KEY (tenant, mailbox, state, lo)
) {norowid};

CREATE TABLE @dead_letters (
	tenant   {text} NOT NULL,
	mailbox  {text} NOT NULL,
	uid      {int}  NOT NULL,
	code     {text} NOT NULL,
	detail   {text} NOT NULL,
	tries    {int}  NOT NULL,
	next_try {int}  NOT NULL,
	PRIMARY KEY (tenant, mailbox, uid)
) {norowid};

CREATE TABLE @messages (
--sqlite	num             {int}  PRIMARY KEY, -- names the row in message_words
	tenant          {text} NOT NULL,
	id              {text} NOT NULL,
	message_key     {text} NOT NULL,
	variant         {int}  NOT NULL, -- tells messages apart that have one key and unrelated texts
	body_hash       {int}  NOT NULL, -- of the words of the text; 0: no text
	kept            {int}  NOT NULL, -- how much was read: 0 header, 1 text, 2 whole
	account         {text} NOT NULL, -- that first received or sent it
	message_id      {text} NOT NULL,
	thread          {text} NOT NULL,
	date            {int}  NOT NULL,
	head            {text} NOT NULL, -- JSON: people, references, defects
	subject         {text} NOT NULL,
	subject_sort    {text} NOT NULL,
	from_sort       {text} NOT NULL,
	snippet         {text} NOT NULL,
	direction       {text} NOT NULL,
	agent           {text} NOT NULL,
	has_attachments {bool} NOT NULL,
	size            {int}  NOT NULL,
	private         {bool} NOT NULL,
	private_by      {text} NOT NULL,
	public          {bool} NOT NULL,
	link_state      {text} NOT NULL,
	entered         {int}  NOT NULL,
--sqlite	UNIQUE (tenant, id),
--postgres	PRIMARY KEY (tenant, id),
	UNIQUE (tenant, message_key, variant)
);
CREATE INDEX messages_thread ON @messages (tenant, thread, date, id);
CREATE INDEX messages_pending ON @messages (tenant, account, id) WHERE link_state = 'pending';

CREATE TABLE @message_texts (
	tenant  {text} NOT NULL,
	message {text} NOT NULL,
	body    {text} NOT NULL,
	PRIMARY KEY (tenant, message)
);

--sqlite CREATE VIRTUAL TABLE message_words USING fts5(subject, sender, recipients, body, content='', contentless_delete=1, tokenize='ascii');
--sqlite INSERT INTO message_words (message_words, rank) VALUES ('automerge', 16);
--sqlite INSERT INTO message_words (message_words, rank) VALUES ('crisismerge', 64);
--sqlite INSERT INTO message_words (message_words, rank) VALUES ('hashsize', 4194304);
--postgres CREATE TABLE @message_words (
--postgres	tenant  {text}   NOT NULL,
--postgres	message {text}   NOT NULL,
--postgres	words   tsvector NOT NULL,
--postgres	PRIMARY KEY (tenant, message)
--postgres );
--postgres CREATE INDEX message_words_words ON @message_words USING gin (words);

CREATE TABLE @participants (
	tenant  {text} NOT NULL,
	message {text} NOT NULL,
	address {text} NOT NULL,
	header  {text} NOT NULL,
	PRIMARY KEY (tenant, message, address, header)
) {norowid};
CREATE INDEX participants_address ON @participants (tenant, address, message);

CREATE TABLE @thread_ids (
	tenant {text}  NOT NULL,
	hash   {bytes} NOT NULL, -- of a Message-ID
	thread {text}  NOT NULL,
	PRIMARY KEY (tenant, hash)
) {norowid};

CREATE TABLE @thread_merges (
	tenant {text} NOT NULL,
	thread {text} NOT NULL,
	into_thread {text} NOT NULL,
	PRIMARY KEY (tenant, thread)
) {norowid};

CREATE TABLE @copies (
	tenant        {text}  NOT NULL,
	id            {text}  NOT NULL,
	message       {text}  NOT NULL,
	account       {text}  NOT NULL,
	mailbox       {text}  NOT NULL,
	direction     {text}  NOT NULL,
	uidvalidity   {int}   NOT NULL,
	uid           {int}   NOT NULL,
	header_hash   {bytes} NOT NULL,
	size          {int}   NOT NULL,
	internal_date {int}   NOT NULL,
	flags         {int}   NOT NULL, -- as the server has them
	shown         {int}   NOT NULL, -- as people see them: with what they want and the server does not know yet
	keywords      {text}  NOT NULL, -- JSON
	modseq        {int}   NOT NULL,
	raw           {bytes} NOT NULL, -- SHA-256; empty: not kept
	raw_size      {int}   NOT NULL,
	kept          {text}  NOT NULL,
	want_add      {int}   NOT NULL,
	want_remove   {int}   NOT NULL,
	gone          {int}   NOT NULL,
	date          {int}   NOT NULL, -- the message's, so that a folder is sorted by an index
	PRIMARY KEY (tenant, id),
	UNIQUE (tenant, mailbox, uidvalidity, uid)
);
CREATE INDEX copies_message ON @copies (tenant, message);
CREATE INDEX copies_header ON @copies (tenant, account, header_hash);
CREATE INDEX copies_mailbox ON @copies (tenant, mailbox, date, message) WHERE gone = 0;
CREATE INDEX copies_account ON @copies (tenant, account, date, message) WHERE gone = 0;
CREATE INDEX copies_mailbox_unread ON @copies (tenant, mailbox, date, message) WHERE gone = 0 AND (shown & 1) = 0;
CREATE INDEX copies_account_unread ON @copies (tenant, account, date, message) WHERE gone = 0 AND (shown & 1) = 0;
CREATE INDEX copies_mailbox_flagged ON @copies (tenant, mailbox, date, message) WHERE gone = 0 AND (shown & 4) <> 0;
CREATE INDEX copies_account_flagged ON @copies (tenant, account, date, message) WHERE gone = 0 AND (shown & 4) <> 0;
CREATE INDEX copies_wanted ON @copies (tenant, account, id) WHERE want_add <> 0 OR want_remove <> 0;

CREATE TABLE @links (
	tenant     {text} NOT NULL,
	id         {text} NOT NULL,
	message    {text} NOT NULL,
	kind       {text} NOT NULL,
	entity     {text} NOT NULL,
	name       {text} NOT NULL,
	rule       {text} NOT NULL,
	address    {text} NOT NULL,
	header     {text} NOT NULL,
	agent      {text} NOT NULL,
	linked     {int}  NOT NULL,
	confidence {text} NOT NULL,
	ambiguous  {bool} NOT NULL,
	removed    {bool} NOT NULL,
	removed_by {text} NOT NULL,
	removed_at {int}  NOT NULL,
	revision   {int}  NOT NULL,
	date       {int}  NOT NULL, -- the message's, so that a timeline is sorted by an index
	PRIMARY KEY (tenant, id),
	UNIQUE (tenant, message, kind, entity)
);
CREATE INDEX links_timeline ON @links (tenant, kind, entity, date, message) WHERE removed = FALSE;
CREATE INDEX links_entity ON @links (tenant, kind, entity, id);

CREATE TABLE @drafts (
	tenant   {text} NOT NULL,
	id       {text} NOT NULL,
	agent    {text} NOT NULL,
	content  {text} NOT NULL, -- JSON
	revision {int}  NOT NULL,
	updated  {int}  NOT NULL,
	sent     {text} NOT NULL,
	PRIMARY KEY (tenant, id)
);
CREATE INDEX drafts_agent ON @drafts (tenant, agent, updated, id) WHERE sent = '';

CREATE TABLE @submissions (
	tenant     {text}  NOT NULL,
	id         {text}  NOT NULL,
	account    {text}  NOT NULL,
	agent      {text}  NOT NULL,
	message    {text}  NOT NULL,
	state      {text}  NOT NULL,
	due        {int}   NOT NULL, -- when there is something to do; 0: nothing
	raw        {bytes} NOT NULL,
	send_key   {text},           -- Idempotency-Key; NULL: none
	content    {text}  NOT NULL, -- JSON: the rest
	created    {int}   NOT NULL,
	finished   {int}   NOT NULL,
	PRIMARY KEY (tenant, id),
	UNIQUE (tenant, agent, send_key)
);
CREATE INDEX submissions_agent ON @submissions (tenant, agent, created, id);
CREATE INDEX submissions_account ON @submissions (tenant, account, due, id) WHERE due > 0;
CREATE INDEX submissions_due ON @submissions (due) WHERE due > 0;

CREATE TABLE @send_ids (
	tenant     {text} NOT NULL,
	kind       {text} NOT NULL, -- id, tag
	value      {text} NOT NULL,
	submission {text} NOT NULL,
	PRIMARY KEY (tenant, kind, value)
) {norowid};

CREATE TABLE @templates (
	tenant      {text} NOT NULL,
	id          {text} NOT NULL,
	name        {text} NOT NULL,
	page        {text} NOT NULL,
	language    {text} NOT NULL,
	kind        {text} NOT NULL,
	is_default  {bool} NOT NULL,
	subject     {text} NOT NULL,
	html        {text} NOT NULL,
	plain       {text} NOT NULL,
	revision    {int}  NOT NULL,
	updated     {int}  NOT NULL,
	PRIMARY KEY (tenant, id)
);
CREATE INDEX templates_page ON @templates (tenant, page, language, name);

CREATE TABLE @events (
	tenant  {text} NOT NULL,
	seq     {int}  NOT NULL,
	type    {text} NOT NULL,
	at      {int}  NOT NULL,
	agent   {text} NOT NULL,
	account {text} NOT NULL,
	message {text} NOT NULL,
	subject {text} NOT NULL,
	kind    {text} NOT NULL,
	entity  {text} NOT NULL,
	PRIMARY KEY (tenant, seq)
) {norowid};

CREATE TABLE @event_sequences (
	tenant {text} NOT NULL,
	seq    {int}  NOT NULL,
	PRIMARY KEY (tenant)
) {norowid};

CREATE TABLE @projections (
	tenant   {text} NOT NULL,
	link     {text} NOT NULL,
	revision {int}  NOT NULL,
	deleted  {bool} NOT NULL,
	tries    {int}  NOT NULL,
	due      {int}  NOT NULL,
	PRIMARY KEY (tenant, link)
) {norowid};
CREATE INDEX projections_due ON @projections (due);

-- The epoch is in a unique index so that only a change of holder, and no renewal, meets the lock of a fenced transaction (FOR KEY SHARE).
CREATE TABLE @leases (
	tenant  {text} NOT NULL,
	account {text} NOT NULL,
	node    {text} NOT NULL,
	epoch   {int}  NOT NULL,
	expires {int}  NOT NULL, -- by the clock of the data base
	PRIMARY KEY (tenant, account)
) {norowid};
CREATE UNIQUE INDEX leases_epoch ON @leases (tenant, account, epoch);
CREATE INDEX leases_node ON @leases (node);

CREATE TABLE @blobs (
	tenant {text}  NOT NULL,
	digest {bytes} NOT NULL, -- SHA-256
	refs   {int}   NOT NULL,
	since  {int}   NOT NULL, -- of the last change of refs
	PRIMARY KEY (tenant, digest)
) {norowid};
CREATE INDEX blobs_unreferenced ON @blobs (tenant, since) WHERE refs <= 0;

-- SQLite knows nothing of how rows are spread until it is told: it then takes a tenant for rare, and walks over all of it to save a small sort. These are the numbers of a store
-- with a hundred thousand mails, as ANALYZE finds them, and stay fixed, so that a plan that was tested is the plan that runs. PostgreSQL gathers its own.
--sqlite ANALYZE accounts;
--sqlite DELETE FROM sqlite_stat1;
--sqlite INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
--sqlite	('accounts', 'sqlite_autoindex_accounts_1', '50 50 1'),
--sqlite	('accounts', 'sqlite_autoindex_accounts_2', '50 50 1'),
--sqlite	('account_members', 'account_members', '200 200 4 1'),
--sqlite	('account_members', 'account_members_agent', '200 200 4'),
--sqlite	('identities', 'sqlite_autoindex_identities_1', '100 100 1'),
--sqlite	('identities', 'identities_account', '100 100 2'),
--sqlite	('mailboxes', 'sqlite_autoindex_mailboxes_1', '1000 1000 1'),
--sqlite	('mailboxes', 'sqlite_autoindex_mailboxes_2', '1000 1000 20 1'),
--sqlite	('ledger_ranges', 'ledger_ranges', '10000 10000 100 50 1'),
--sqlite	('dead_letters', 'dead_letters', '1000 1000 10 1'),
--sqlite	('messages', 'sqlite_autoindex_messages_1', '100000 100000 1'),
--sqlite	('messages', 'sqlite_autoindex_messages_2', '100000 100000 1 1'),
--sqlite	('messages', 'messages_thread', '100000 100000 3 1 1'),
--sqlite	('messages', 'messages_pending', '100 100 50 1'),
--sqlite	('message_texts', 'sqlite_autoindex_message_texts_1', '100000 100000 1'),
--sqlite	('participants', 'participants', '400000 400000 4 1 1'),
--sqlite	('participants', 'participants_address', '400000 400000 50 1'),
--sqlite	('thread_ids', 'thread_ids', '150000 150000 1'),
--sqlite	('thread_merges', 'thread_merges', '1000 1000 1'),
--sqlite	('copies', 'sqlite_autoindex_copies_1', '120000 120000 1'),
--sqlite	('copies', 'sqlite_autoindex_copies_2', '120000 120000 10000 8000 1'),
--sqlite	('copies', 'copies_message', '120000 120000 1'),
--sqlite	('copies', 'copies_header', '120000 120000 30000 1'),
--sqlite	('copies', 'copies_mailbox', '100000 100000 10000 1 1'),
--sqlite	('copies', 'copies_account', '100000 100000 30000 1 1'),
--sqlite	('copies', 'copies_mailbox_unread', '5000 5000 500 1 1'),
--sqlite	('copies', 'copies_account_unread', '5000 5000 1500 1 1'),
--sqlite	('copies', 'copies_mailbox_flagged', '1000 1000 100 1 1'),
--sqlite	('copies', 'copies_account_flagged', '1000 1000 300 1 1'),
--sqlite	('copies', 'copies_wanted', '10 10 5 1'),
--sqlite	('links', 'sqlite_autoindex_links_1', '80000 80000 1'),
--sqlite	('links', 'sqlite_autoindex_links_2', '80000 80000 2 1 1'),
--sqlite	('links', 'links_timeline', '80000 80000 30000 50 1 1'),
--sqlite	('links', 'links_entity', '80000 80000 30000 50 1'),
--sqlite	('drafts', 'sqlite_autoindex_drafts_1', '2000 2000 1'),
--sqlite	('drafts', 'drafts_agent', '500 500 20 1 1'),
--sqlite	('submissions', 'sqlite_autoindex_submissions_1', '20000 20000 1'),
--sqlite	('submissions', 'sqlite_autoindex_submissions_2', '20000 20000 1000 1'),
--sqlite	('submissions', 'submissions_agent', '20000 20000 1000 1 1'),
--sqlite	('submissions', 'submissions_account', '20 20 5 1 1'),
--sqlite	('submissions', 'submissions_due', '20 1'),
--sqlite	('send_ids', 'send_ids', '50000 50000 25000 1'),
--sqlite	('templates', 'sqlite_autoindex_templates_1', '200 200 1'),
--sqlite	('templates', 'templates_page', '200 200 20 10 1'),
--sqlite	('events', 'events', '100000 100000 1'),
--sqlite	('projections', 'projections', '100 100 1'),
--sqlite	('projections', 'projections_due', '100 1'),
--sqlite	('leases', 'leases', '50 50 1'),
--sqlite	('leases', 'leases_epoch', '50 50 1 1'),
--sqlite	('leases', 'leases_node', '50 25'),
--sqlite	('blobs', 'blobs', '100000 100000 1'),
--sqlite	('blobs', 'blobs_unreferenced', '100 100 1');
--sqlite ANALYZE sqlite_schema;
