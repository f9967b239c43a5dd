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
