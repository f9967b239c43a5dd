package mailcrmtest

// hartley is a town house in London, with a tight budget.
func (s *story) hartley() {
	t := s.talk("en", "", "Marylebone townhouse: library and dining room")
	t.in(28, "10:26", oliverFinch, note{}, `Dear Jeanne,

Thomas Delorme and I studied together a hundred years ago, and he says you are the person to ask for joinery that looks French and arrives on time.

We are doing a townhouse in Marylebone: a panelled library on the first floor and a dining table for sixteen. The client has taste and, so far, money. Could you take a look if I sent you drawings?

Oliver`)
	t.out(27, "09:05", note{}, `Dear Oliver,

Any friend of Thomas's… Yes, please send them. A panelled library is what our oldest cabinetmaker lives for.

Two things help me most at this stage: the ceiling height, and whether the staircase turns. We once had to saw a bookcase in half in Kensington.

Best regards,
Jeanne`)
	t.in(25, "17:40", priyaShah, note{cc: []actor{oliverFinch}, files: []file{
		{name: "MTH-201 Library elevations.pdf", kind: kindPDF, data: paper{
			from: "Hartley & Finch Interiors", title: "MTH-201 Library elevations",
			rows: [][]string{{"Wall", "Width", "Height", ""}, {"North", "4,820 mm", "3,140 mm", ""}, {"East", "3,655 mm", "3,140 mm", ""}, {"South (chimney breast)", "4,820 mm", "3,140 mm", ""}},
			foot: []string{"Do not scale. Confirm all dimensions on site."},
		}.pdf()},
		{name: "MTH-305 Dining table.pdf", kind: kindPDF, data: paper{
			from: "Hartley & Finch Interiors", title: "MTH-305 Dining table for 16",
			rows: [][]string{{"Part", "mm", "", ""}, {"Top, in three", "4,600 x 1,150", "", ""}, {"Height", "740", "", ""}},
			foot: []string{"Edge profile: see detail 4."},
		}.pdf()},
	}}, `Hi Jeanne,

I'm running this one day to day. Drawings attached: library elevations and the table. Ceiling is 3,140 on average but the house is 200 years old, so "average" is doing some work there.

Oak or ash for the panelling? Oliver wants oak, I think limed ash would be lighter, the client has asked what you would do.

The staircase turns twice. Sorry.

Priya`)
	t.out(24, "11:52", note{}, `Hi Priya, hi Oliver,

Lovely drawings. My answer is a diplomatic one: oak for the shelves and doors, because they get touched, and limed ash for the panels above, because nobody does. It also saves the client about £2,000.

With two turns, nothing longer than 2.10 m goes up. We would make the shelving in bays of 1.60 m, and the table top in three with hidden bolts.

I will have a price for you by {+5}.

Jeanne`)
	t.in(19, "14:11", priyaShah, note{cc: []actor{oliverFinch}}, `Hi Jeanne,

Oak below, ash above: everybody claims it was their idea, so we're good.

One change: the client now wants the dining table to seat eighteen "for Christmas". Could the middle part take two leaves that live in the library cupboard?

Priya`)
	t.out(18, "16:37", note{files: []file{{name: "Quote Q-0478 Marylebone.pdf", kind: kindPDF, data: paper{
		from: "Atelier Nordik", title: "Quote Q-0478 – Marylebone townhouse", to: []string{"Hartley & Finch Interiors", "27 Chiltern Street", "London W1U 7PL"},
		rows: [][]string{
			{"Item", "Qty", "Unit price", "Total"},
			{"Library: oak bays, limed ash panels", "1", sterling("£", 27_900_00), sterling("£", 27_900_00)},
			{"Dining table, oak, with two leaves", "1", sterling("£", 9_600_00), sterling("£", 9_600_00)},
			{"Delivery London and fitting", "1", sterling("£", 4_800_00), sterling("£", 4_800_00)},
		},
		totals: [][2]string{{"Total excl. VAT", sterling("£", 42_300_00)}},
		foot:   []string{"Valid for 60 days. Lead time 12 weeks after approval of the drawings."},
	}.pdf()}}}, `Hi both,

Christmas for eighteen it is. Quote Q-0478 is attached: £42,300.00 delivered and fitted, customs formalities included. The two leaves store upright behind the left-hand library door, 60 mm deep.

Let me know what the client says.

Jeanne`)
	t.in(8, "09:48", oliverFinch, note{}, `Jeanne,

The client loves it and then saw the number. He would like to stay under £38,000 in total, "without it showing". I know how that sounds.

Any ideas before I tell him to buy fewer chairs?

Oliver`)
	t.out(7, "10:30", note{cc: []actor{priyaShah}}, `Dear Oliver,

It will not show if we do three things:

1. veneer on the inside of the cupboards instead of solid oak: -£1,900
2. painted backs where books stand anyway: -£1,250
3. your own fitter for the last day, with ours present: -£1,300

That brings us to £37,850. I would not touch the table, he will see it every day.

Best regards,
Jeanne`)
	t.in(7, "10:31", oliverFinch, note{
		unsigned: true, plain: true, folder: "Trash", subject: "Automatic reply: Marylebone townhouse: library and dining room",
		more: []field{{"Auto-Submitted", "auto-replied"}, {"X-Auto-Response-Suppress", "All"}},
	}, `Thank you for your message. I am at the Milan fair with patchy reception until {+3}. For anything urgent please write to Priya Shah (priya@hartleyfinch.example).

Oliver`)
	at := s.at(-2, "10:00")
	t.in(1, "16:02", priyaShah, note{unread: true, cc: []actor{oliverFinch}, files: []file{{
		name: "invite.ics", kind: "text/calendar; charset=utf-8; method=REQUEST",
		data: s.invitation(at, "Marylebone: final numbers", "Video call", priyaShah),
	}}}, `Hi Jeanne,

He said yes to 1 and 2 and is "thinking about" 3. Could we do a quick call on {+3} at 10:00 London time to close it? Invitation attached.

If he signs that day, can you still make the week of the 12th for the site survey?

Priya`)
}

// maple is a follow-up after a fair, to an address with a slip of the pen.
func (s *story) maple() {
	t := s.talk("en", "", "Lovely to meet you in Harrogate")
	wrong := fionaCampbell
	wrong.address = "fiona.campbel@maplestone.example"
	const text = `Dear Fiona,

It was a pleasure to meet you at the Harrogate show. You mentioned that you are redoing your showroom in Thistle Street and that your present shelving "sags like a Monday".

Ours does not: 28 mm solid beech, spans of up to 1.20 m. Shall I send you our trade price list, or would you rather see a sample first?

Best regards,
Jeanne`
	lost := t.out(13, "09:15", note{to: []actor{wrong}}, text)
	bounce := t.in(13, "09:16", actor{name: "Mail Delivery System", address: "MAILER-DAEMON@mx.demo.example"},
		note{unsigned: true, subject: "Undelivered Mail Returned to Sender", more: []field{{"Auto-Submitted", "auto-replied"}}}, "-")
	bounce.letter.trace = []field{{"Return-Path", "<>"}, {"Delivered-To", jeanneMartin.address}}
	bounce.letter.references = nil
	bounce.letter.body = deliveryReport("mx.demo.example", lost.letter.date, "", failure{
		recipient: wrong.address, status: "5.1.1", remote: "mail.maplestone.example",
		diagnostic: "550 5.1.1 <" + wrong.address + ">: Recipient address rejected: User unknown",
	}, lost.letter.bytes())

	t = s.talk("en", "", "Lovely to meet you in Harrogate")
	t.out(12, "08:50", note{to: []actor{fionaCampbell}}, text)
	t.in(9, "15:27", fionaCampbell, note{}, `Dear Jeanne,

You remembered the Monday! The price list please, and photographs of the joints if you have any: our customers turn everything upside down.

We need about 46 metres in total, and I'm to present something to the directors by {+14}.

Best wishes,
Fiona`)
	t.out(8, "10:05", note{files: []file{
		{name: "Trade price list.xlsx", kind: kindXLSX, data: sheet("Shelving", [][]string{
			{"Item", "Width mm", "Trade price GBP"}, {"Shelf 28 mm beech", "900", "96.00"}, {"Shelf 28 mm beech", "1200", "124.00"}, {"Upright pair", "-", "148.00"}, {"Bracket, brass", "-", "19.50"},
		})},
		{name: "joint.jpg", kind: "image/jpeg", data: photo(51, 360, 240, false)},
	}}, `Dear Fiona,

Price list and a photograph of the dovetail attached, feel free to show it upside down.

For 46 metres I would reckon with about £15,400, brackets in brass included. If you send me a sketch of the wall I can price it properly before your meeting.

Best regards,
Jeanne`)
	t.out(0, "26h", note{folder: "Drafts", subject: "Re: Lovely to meet you in Harrogate – your meeting"}, `Dear Fiona,

Just a short note before your meeting with the directors: have you had a chance to`)
}
