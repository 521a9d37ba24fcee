"""Word lists for invented names and notes; no real person or company is meant. Pure."""

PLACES = (
    "Lagos,Ikeja,Lekki,Apapa,Surulere,Yaba,Abuja,Garki,Wuse,Kano,Kaduna,Zaria,Jos,Enugu,Onitsha,Aba,Owerri,Umuahia,"
    "Uyo,Calabar,Benin,Warri,Asaba,Ibadan,Abeokuta,Ilorin,Akure,Osogbo,Sokoto,Katsina,Maiduguri,Yola,Bauchi,Gombe,"
    "Minna,Lokoja,Makurdi,Lafia,Port Harcourt,Victoria Island"
).split(",")
STEMS = (
    "Adekunle Adewale Afolabi Agbaje Akande Akinola Alabi Aliyu Amadi Anambra Arewa Asokoro Atlantic Awolowo "
    "Ayinde Babalola Balogun Bayelsa Bello Benue Bluewater Bonny Borno Bright Broadway Capital Cedar Central "
    "Chukwuma Clearview Coastal Confluence Continental Coral Cornerstone Crest Crown Crystal Dala Danjuma "
    "Delta Dominion Eagle Eastgate Ebony Edo Ekiti Emerald Emerging Eternal Everest Excel Express Falcon "
    "Fidelis First Flagship Fortune Frontier Garden Gateway Giwa Global Golden Graceland Granite Greenfield "
    "Guinea Gusau Harbour Harmony Hausa Heritage Hilltop Horizon Idowu Igbo Ikoyi Imo Imperial Integrated "
    "Ivory Jubilee Kanem Keystone Kingsway Kwara Ladipo Landmark Legacy Liberty Lighthouse Lotus Mainland "
    "Majestic Marina Mercy Meridian Metro Midland Millennium Monarch Musa National Niger Nnamdi Noble Northern "
    "Nova Nwachukwu Oasis Obafemi Obasi Ocean Ogun Ojo Okafor Okeke Okonkwo Olumo Onyx Orient Osun Oyo Pacific "
    "Palm Paragon Pearl Pinnacle Plateau Platinum Premier Prestige Prime Providence Quality Rainbow Regal "
    "Reliance Rivers Rock Royal Ruby Sahara Sapphire Savannah Sigma Silver Skyline Solid Southern Sovereign "
    "Standard Star Sterling Summit Sunrise Swift Taraba Tiger Topaz Tower Trans Trinity Triumph Unity "
    "Universal Valley Vanguard Victory Vintage Vision Wazobia West Whitefield Wilson Yakubu Yobe Zamfara Zenon "
    "Zuma"
).split()
TRADES = [
    *("Haulage", "Logistics", "Transport", "Motors", "Construction", "Engineering", "Foods", "Farms", "Flour Mills"),
    *(
        "Breweries",
        "Bottling",
        "Plastics",
        "Packaging",
        "Textiles",
        "Steel",
        "Cement",
        "Petroleum",
        "Gas",
        "Oil Services",
    ),
    *("Energy", "Power", "Telecoms", "Networks", "Hospital", "Clinics", "Pharmacy", "Diagnostics", "Medical Supplies"),
    *(
        "Hotels",
        "Suites",
        "Events",
        "Catering",
        "Schools",
        "College",
        "Properties",
        "Estates",
        "Homes",
        "Bank",
        "Insurance",
    ),
    *("Microfinance Bank", "Savings and Loans", "Mortgage Bank", "Trading", "Stores", "Supermarket", "Fisheries"),
    *("Marine", "Shipping", "Aviation", "Security", "Printing", "Media", "Agro Allied", "Poultry", "Rice Mills"),
]
FORMS = [
    "Ltd",
    "Limited",
    "Nig. Ltd",
    "Nigeria Limited",
    "Plc",
    "PLC",
    "Enterprises",
    "& Sons Ltd",
    "Ventures",
    "Group",
    "",
]
INDUSTRIES = (
    "Banking,Finance,Manufacturing,Oil & Gas,Healthcare,Hospitality,Construction,Education,Telecoms,Agriculture,Retail,"
    "Transport,Real estate,Government"
).split(",")
FIRST = (
    "Adaeze Adamu Ade Adebayo Adeola Aisha Akin Amaka Amina Aminu Ayo Babatunde Bala Bisi Blessing Bola "
    "Chiamaka Chidi Chika Chima Chinedu Chinonso Chioma Chukwudi Damilola Daniel David Deborah Dele Ebere Efe "
    "Ejike Emeka Emmanuel Esther Fatima Femi Folake Funke Funmi Gbenga Godwin Grace Habiba Halima Hassan Hauwa "
    "Ibrahim Ifeanyi Ifeoma Ikenna Ike Ishaya Jamila Joy Jude Kabiru Kehinde Kelechi Kemi Khadija Kunle Lanre "
    "Lekan Maryam Mercy Mohammed Musa Nafisa Ngozi Nkechi Nneka Nnamdi Obinna Ola Olamide Olumide Osagie "
    "Patience Peter Rahila Remi Ruth Sade Sadiq Sani Segun Seyi Shehu Simi Sola Stella Suleiman Taiwo Tayo "
    "Temitope Titi Tope Tosin Tunde Uche Uchenna Usman Victor Wale Yakubu Yemi Yetunde Yinka Yusuf Zainab"
).split()
LAST = (
    "Abdullahi Abiodun Abubakar Achebe Ade Adebayo Adeleke Adeyemi Afolabi Agbaje Agu Ahmed Ajayi Akande "
    "Akinwande Alabi Alade Aliyu Amadi Anyanwu Audu Awolowo Ayodele Azikiwe Babangida Bakare Balogun Bassey "
    "Bello Briggs Chukwu Danjuma Dike Dogara Ebong Edet Efiong Egwu Eke Ekong Ekwueme Eze Ezeife Fashola Gambo "
    "George Giwa Gowon Haruna Ibe Ibekwe Ibrahim Idris Igwe Ihejirika Ikpeazu Isa Jegede Johnson Kalu Kuti "
    "Lawal Leye Madu Mbah Mohammed Momoh Musa Mustapha Nnaji Nwachukwu Nwankwo Nwosu Obaseki Obi Odili Odukoya "
    "Offor Ogbonna Ogunleye Ojo Okafor Okeke Okon Okonkwo Okoro Okoye Oladipo Olaniyan Olawale Oni Onuoha "
    "Onyeka Orji Osagie Oshodi Oyelaran Peters Popoola Salami Sani Shonekan Sule Suleiman Tinubu Uba Udo "
    "Ukpabio Umar Umeh Usman Uzor Waziri Williams Yakubu Yusuf"
).split()
TITLES = (
    "Procurement Manager,Project Manager,Site Engineer,Facility Manager,Managing Director,Chief Accountant,Pharmacist,"
    "Fleet Manager,Head of Admin,Operations Manager,Matron,Store Keeper,Medical Director,Events Coordinator"
).split(",")
NOTES = (
    "Called to discuss generator specs for the new branch. Wants GSW-250 with a canopy.,Sent the quote as requested.,"
    "Visited the site and measured the plinth; cable run is about 40 m.,Asked for the syringes catalogue 2ml and 5ml.,"
    "Wants two JAC T8 pick-ups before the end of the quarter.,Left a message with the secretary.,"
    "Negotiated delivery terms; they ask for 60 days.,Booked the hall for an end of year dinner of 120 people.,"
    "Complained about the last service visit; promised a technician tomorrow.,Confirmed the order and the down payment."
).split(",")
ACTIONS = (
    "Send revised quote,Call back,Send specs for GSW-250,Arrange test drive,Follow up on payment,Book site visit,"
    "Send catalogue,Confirm delivery date"
).split(",")
