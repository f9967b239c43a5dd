package mailcrmtest

// nordwind is a hotel in Hamburg from the first question to the invoice, filed in a folder of its own.
func (s *story) nordwind() {
	t := s.talk("en", "Clients/Nordwind", "Hotel Alster: furniture for 48 rooms")
	customer := []string{"Nordwind Hotels GmbH", "Ballindamm 40", "20095 Hamburg"}
	t.in(55, "09:12", ankeVogel, note{files: []file{
		{name: "Room schedule Hotel Alster.xlsx", kind: kindXLSX, data: sheet("Rooms", [][]string{
			{"Type", "Rooms", "Bed", "Bedside tables", "Desk"},
			{"Standard", "32", "160 cm", "2", "1"},
			{"Superior", "12", "180 cm", "2", "1"},
			{"Suite", "4", "200 cm", "2", "1 + console"},
		})},
		{name: "Floor plan 2nd floor.pdf", kind: kindPDF, data: paper{
			from: "Nordwind Hotels GmbH", title: "Hotel Alster – 2nd floor, furniture layout",
			rows: [][]string{{"Room", "Type", "m²", ""}, {"201", "Standard", "21", ""}, {"202", "Standard", "21", ""}, {"207", "Superior", "27", ""}, {"212", "Suite", "44", ""}},
			foot: []string{"Drawing for information only. Check all dimensions on site."},
		}.pdf()},
	}}, `Dear Ms Martin,

We met briefly at the Équip'Hôtel fair in Paris, where I liked your ash bed frames very much. We are refurbishing the Hotel Alster in Hamburg (48 rooms) and are looking for one supplier for headboards, bedside tables and desks.

You will find the room schedule and the plan of the second floor attached. Could you let me know whether this is a size of project you handle, and send a first price by {+6}? Installation is planned for the end of next quarter.

Kind regards,
Anke`)
	t.out(55, "11:40", note{}, `Dear Ms Vogel,

Thank you for thinking of us, I remember our talk about the oiled finish very well. Forty-eight rooms is a good size for our workshop: we delivered 60 to a group in Bordeaux last year.

Before I can price it I need three things from you:

1. the fire class you need for the headboards (B1 or M1),
2. whether the desks must hide the minibar,
3. how the goods get up: is there a lift, and how deep is it?

You will have our quote by {+4}.

Best regards,
Jeanne`)
	t.in(54, "16:05", ankeVogel, note{cc: []actor{larsPetersen}}, `Dear Jeanne,

That was quick, thank you. B1 is enough. The minibar goes into a separate unit, so no. For the lift I have copied my colleague Lars Petersen, who runs the site.

Lars, could you answer Jeanne on the third point?

Anke`)
	t.in(53, "08:31", larsPetersen, note{}, `Hello Jeanne,

the goods lift is 1.40 x 2.10 m, 2.20 m high, 1,000 kg. A headboard for the 200 cm beds will only fit if it comes in two parts.

Regards
Lars`)
	t.out(51, "17:22", note{receipt: true, to: []actor{ankeVogel}, cc: []actor{larsPetersen}, files: []file{
		{name: "Quote Q-0412 Hotel Alster.pdf", kind: kindPDF, data: paper{
			from: "Atelier Nordik", title: "Quote Q-0412 – Hotel Alster, 48 rooms", to: customer,
			rows: [][]string{
				{"Item", "Qty", "Unit price", "Total"},
				{"Headboard, oiled ash, B1", "48", "€640.00", "€30,720.00"},
				{"Bedside table, one drawer", "96", "€285.00", "€27,360.00"},
				{"Desk 120 x 60 cm", "48", "€590.00", "€28,320.00"},
				{"Console, suites", "4", "€890.00", "€3,560.00"},
				{"Delivery Hamburg, three trips", "1", "€2,040.00", "€2,040.00"},
			},
			totals: [][2]string{{"Total excl. VAT", "€92,000.00"}},
			foot:   []string{"Valid for 30 days. Lead time 9 weeks after approval of the sample room.", "30 % with the order, 70 % 30 days after delivery."},
		}.pdf()},
	}}, `Dear Anke, dear Lars,

Please find our quote Q-0412 attached: €92,000.00 for all 48 rooms, delivered. The headboards for the suites come in two parts and are joined on site, as Lars asked.

I suggest we build one sample room first. It would be in Hamburg by {+20} and is included in the price.

Best regards,
Jeanne`)
	t.in(49, "10:47", larsPetersen, note{}, `Hello Jeanne,

two remarks from the site:

- the bedside tables need a cable outlet of 60 mm at the back, wall side,
- please move the power socket of the desk to the left, the columns are on the right in all rooms ending in 4.

The rest looks fine to me.

Lars`)
	t.out(48, "09:15", note{files: []file{{name: "Bedside table rev B.pdf", kind: kindPDF, data: paper{
		from: "Atelier Nordik", title: "Bedside table, revision B – cable outlet 60 mm",
		rows: [][]string{{"Part", "Material", "mm", ""}, {"Top", "Oiled ash", "420 x 380 x 24", ""}, {"Drawer", "Beech, dovetailed", "340 x 300 x 110", ""}, {"Back", "Ash ply, outlet Ø 60", "396 x 440 x 10", ""}},
		foot: []string{"Changed since revision A: outlet in the back panel, 80 mm from the bottom."},
	}.pdf()}}}, `Hello Lars,

Both are no problem and cost nothing extra. Revision B of the bedside table is attached; the desk drawing follows tomorrow.

Jeanne`)
	t.in(44, "15:58", ankeVogel, note{to: []actor{larsPetersen}}, `Dear Jeanne,

I presented your quote to our board yesterday. They like the design, but a Danish competitor is about six per cent below you. If you can meet them, I am allowed to place the order this month.

Is there anything you can do?

Anke`)
	t.out(43, "11:03", note{}, `Dear Anke,

I have been through the figures with our workshop. If we produce the bedside tables in one batch and deliver everything in two lots instead of three, we can come down to €86,400.00, which is a good six per cent. The payment terms stay as they are.

The price holds if we have your order by {+8}, because the ash has to be bought before winter.

Best regards,
Jeanne`)
	t.in(41, "09:20", ankeVogel, note{starred: true, files: []file{{name: "PO 4500081377.pdf", kind: kindPDF, data: paper{
		from: "Nordwind Hotels GmbH", title: "Purchase order 4500081377",
		to:   []string{"Atelier Nordik", "12 quai de la Fosse", "44000 Nantes"},
		rows: [][]string{{"Position", "Qty", "", "Total"}, {"Furniture Hotel Alster acc. to Q-0412/2", "1", "", "€86,400.00"}},
		foot: []string{"Please state the order number on all documents.", "Invoices to einkauf@nordwind.example"},
	}.pdf()}}}, `Dear Jeanne,

Good news: the board has agreed. Our purchase order 4500081377 is attached. Please confirm it and let Lars have the dates of the two deliveries.

I am looking forward to working with you.

Anke`)
	t.out(40, "08:48", note{files: []file{{name: "Order confirmation C-0238.pdf", kind: kindPDF, data: paper{
		from: "Atelier Nordik", title: "Order confirmation C-0238", to: customer,
		rows:   [][]string{{"Item", "Qty", "", "Total"}, {"Your order 4500081377, as per quote Q-0412/2", "1", "", "€86,400.00"}},
		totals: [][2]string{{"Total excl. VAT", "€86,400.00"}, {"Deposit 30 %", "€25,920.00"}},
		foot:   []string{"First delivery: floors 1 and 2. Second delivery: floors 3 and 4."},
	}.pdf()}}}, `Dear Anke,

Thank you, the whole workshop is happy. Our order confirmation C-0238 is attached. Your contact for everything on site stays me; the first lot leaves Nantes on {+29}.

Best regards,
Jeanne`)
	t.in(22, "14:36", larsPetersen, note{}, `Hello Jeanne,

for the first delivery we have to book a slot with the city, because the lorry stands in the bus lane. We have {+12}, 06:00 to 09:00, or {+13}, same hours. Which one shall I take?

The driver must call me one hour before: +49 40 66969 318.

Lars`)
	t.out(21, "08:55", note{}, `Good morning Lars,

Please take {+11}. I have passed your number on to our carrier, Transports Kerbrat.

Jeanne`)
	t.out(9, "16:10", note{fresh: true, subject: "Invoice F-0671, Hotel Alster, first delivery", to: []actor{ankeVogel}, files: []file{{name: "Invoice F-0671.pdf", kind: kindPDF, data: paper{
		from: "Atelier Nordik", title: "Invoice F-0671", to: customer,
		rows:   [][]string{{"Item", "Qty", "", "Total"}, {"First delivery, floors 1 and 2 (order 4500081377)", "1", "", "€43,200.00"}, {"Deposit already paid", "1", "", "-€12,960.00"}},
		totals: [][2]string{{"To pay", "€30,240.00"}},
		foot:   []string{"VAT: intra-Community supply, article 138 of directive 2006/112/EC.", "Due in 30 days."},
	}.pdf()}}}, `Dear Anke,

The first two floors were delivered yesterday and Lars has signed for them without remarks. Our invoice F-0671 for this part is attached, your deposit is deducted.

The second lot is on the machines and leaves as planned.

Best regards,
Jeanne`)
	t.in(5, "10:14", ankeVogel, note{}, `Dear Jeanne,

thank you. The invoice is released for payment, you should see the money next week.

By the way: our sister house in Lübeck (31 rooms) may be next year's project. Shall we talk about it when you come to Hamburg?

Anke`)
	t.in(0, "47m", larsPetersen, note{unread: true, files: []file{{name: "IMG_2231.jpg", kind: "image/jpeg", data: photo(11, 360, 240, true)}}}, `Hello Jeanne,

all beds of the second floor are in place, the guests-to-be are already jealous. One desk (room 214) has a scratch on the top, see the picture. Can you send a new top with the second delivery? The frame is fine.

Regards
Lars`)
}

const (
	kindPDF  = "application/pdf"
	kindXLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)
