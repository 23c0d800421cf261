-- english.lua: what recall knows of English: stop words, forms of one word, related words, and the phrases that tell
-- what a question asks for. Own compilation. All of it works on the side of the question, so that a change needs no
-- new index. Replace it by a file words/english.lua in your configuration folder.

return {
  -- words that say nothing about what is looked for
  stop = [[
a about above after again against all also am an and any are as at be because been before being below between both but by
can cannot could couldn d did didn do does doesn doing don down during each few for from further get got had hadn has hasn have haven having
he her here hers herself him himself his how i if in into is isn it its itself just let like ll m me more most my myself
no nor not now of off on once one only or other our ours ourselves out over own re s same she should shouldn so some such
t than that the their theirs them themselves then there these they this those through to too under until up us ve very
was wasn we were weren what when where which while who whom why will with won would wouldn you your yours yourself yourselves
anything something please tell know much many ever kind type would might may shall mention mentioned mentions
according based conversation conversations discuss discussed talk talked chat previously earlier remind remember
]],

  -- words in which somebody else puts a question, and the answer is not put in; who asks about himself uses his own
  asked = [[
want give list name
recent recently current currently lately previous past attend attended attending visit visited visiting describe described
express expressed state stated share shared happen happened occur occurred
]],

  -- a line is one word: forms that the stemmer does not join
  forms = [[
# Forms that Porter does not join: irregular verbs and nouns, spellings, short forms. Each line is one word for matching, full weight.
buy bought
bring brought
think thought
catch caught
teach taught
fight fought
seek sought
say said
tell told
sell sold
make made making
take took taken
give gave given
get got gotten
see saw seen
know knew known
grow grew grown
throw threw thrown
draw drew drawn
fly flew flown
eat ate eaten
drink drank drunk
sing sang sung
swim swam swum
run ran
begin began begun
come came
become became
find found
hold held
keep kept
sleep slept
feel felt
leave left
meet met
lead led
feed fed
pay paid
lose lost
win won
sit sat
stand stood
understand understood
hear heard
build built
send sent
spend spent
lend lent
write wrote written
ride rode ridden
drive drove driven
rise rose risen
speak spoke spoken
break broke broken
choose chose chosen
wake woke woken
wear wore worn
tear tore torn
forget forgot forgotten
hide hid hidden
bite bit bitten
fall fell fallen
show shown
hang hung
stick stuck
dig dug
shoot shot
light lit
slide slid
steal stole stolen
freeze froze frozen
go went gone
do did done
shake shook shaken
blow blew blown
forgive forgave forgiven
strike struck
swear swore sworn
sew sewn
child children
man men
woman women
person people persons
foot feet
tooth teeth
mouse mice
wife wives
life lives
knife knives
leaf leaves
mom mum mother moms mommy mama
dad father daddy papa
grandma grandmother granny nana
grandpa grandfather granddad
kid kids child
bike bicycle
photo photograph pic picture
movie film
tv television
phone telephone
fridge refrigerator
car automobile
job work
hubby husband
bday birthday
xmas christmas
favorite favourite fave
color colour
neighbor neighbour
mum mom
edu education
veggie vegetable
vet veterinarian
info information
uni university
prof professor
gym gymnasium
ad advertisement
de-stress destress
lgbt lgbtq
usa america
uk britain
]],

  -- "a b c": each reaches the others; "a b > c d": a category reaches its members, not back
  related = [[
# Related words for recall. Own compilation from general knowledge of everyday English; query side only, so a change needs no rebuild.
# One group a line. "a b c" = each reaches the others. "a b > c d" = a and b in the question reach c and d in the memory, not back
# (a question names the category, the memory names the thing). Words are stemmed on load.

# people
child kid son daughter baby toddler twin
child kid > boy girl
parent mom dad mother father
sibling brother sister
spouse husband wife partner
grandparent grandma grandpa grandmother grandfather
family > mom dad mother father brother sister son daughter husband wife kid child parent cousin aunt uncle
relative > cousin aunt uncle grandma grandpa nephew niece
friend buddy pal mate
boyfriend girlfriend partner dating
married wedding marriage engaged wed
relationship status > single married dating divorced divorce breakup boyfriend girlfriend husband wife partner engaged
identity > gay lesbian transgender trans queer woman man immigrant
gender > transgender trans woman man female male
nickname name called
neighbor neighborhood neighbour neighbourhood
coworker colleague workmate teammate
boss manager supervisor
roommate housemate
origin roots heritage > country hometown born
personality trait attribute describe > kind thoughtful caring brave strong honest funny passionate selfless creative patient

# animals
pet animal > dog cat puppy kitten turtle fish hamster bird parrot rabbit pup guinea horse lizard snake
dog puppy pup doggy
cat kitten kitty

# work, study, money
job work career occupation profession employment
job career profession > hired interview boss office position role engineer teacher nurse doctor lawyer manager banker designer
field > career study counseling psychology engineering medicine law education health business science
quit resign left
fired laid lost unemployed
promote promotion raise
salary pay income earn wage
company business firm startup store shop
school college university campus
degree major graduate diploma graduation
education study > school college university class course degree certification
class course lesson workshop
exam test
teacher professor instructor tutor mentor
student pupil
learn study training lesson
skill ability talent
money budget cash finance saving
expensive cost price afford
buy bought purchase purchased order shopping
sell sold sale
invest investment fund stock
project plan initiative
meeting appointment call
conference seminar summit convention
deadline due

# leisure
activity hobby pastime leisure > painting pottery hiking camping swimming reading running cooking dancing yoga gardening gaming fishing photography biking volunteering museum workshop class
activity > hike camp swim paint cook bake play dance
hobby interest passion pastime
enjoy love like fun
favorite favourite prefer best fave
hate dislike annoy
outdoor nature > hike hiking trail camping camp park beach climb kayak fishing mountain forest picnic
hike hiking trail trek
camp camping tent campfire
relax unwind destress calm recharge
relax stress destress cope > running reading yoga meditation walk bath music pottery painting
exercise workout gym fitness training
exercise workout > run running yoga swim weight jog cycling boxing kickboxing pilates strength circuit
sport > basketball football soccer tennis baseball hockey swim volleyball golf surfing skiing cycling boxing
run running jog jogging marathon race
swim swimming pool
bike bicycle cycling cycle
game gaming videogame
game > chess xbox playstation nintendo console poker
team club league
win won award prize trophy medal place
award achievement > trophy medal won prize certificate first
competition contest tournament championship
practice practise train rehearse

# arts
music > song band concert guitar piano album singer
artist band musician > singer song concert album
instrument > guitar piano violin drum drums flute clarinet cello saxophone ukulele
concert gig show festival performance
song tune track
sing singing singer
dance dancing dancer ballet choreography
book novel read reading author
book > series story fantasy mystery biography
movie film cinema watch
show series tv episode season
movie show > comedy drama thriller documentary
art painting paint drawing sculpture
art > paint draw pottery canvas sketch sculpture abstract portrait mural
paint painted painting > sunset sunrise landscape portrait canvas
draw sketch
picture photo photograph image pic
craft > pottery knit sew crochet clay woodwork
pottery clay ceramic > bowl cup pot mug plate
symbol > flag cross tattoo ring logo
decor decoration decorate furniture
write writing writer > book story script screenplay poem journal blog

# places and travel
vacation trip travel holiday getaway journey
travel visit fly flight tour went
country abroad nation > europe france italy spain japan canada mexico germany england uk ireland india china brazil thailand greece portugal australia sweden norway turkey
european europe > england spain france italy germany ireland greece portugal sweden scotland paris london
state > california oregon florida texas washington colorado arizona nevada michigan ohio georgia virginia minnesota alaska hawaii carolina tennessee massachusetts
city town > york london paris tokyo chicago boston seattle francisco angeles miami austin denver toronto berlin rome barcelona
place location where > park beach lake mountain city cafe restaurant museum forest studio
beach ocean sea coast shore
mountain hill peak summit
forest wood woods tree
lake river stream
live moved move relocate
hometown grew childhood
home house apartment
stay hotel hostel airbnb accommodation lodging
itinerary route schedule
car vehicle truck auto
drive driving drove
accident crash collision
damage broken broke break crack
repair fix fixed

# food
food dish > pizza pasta salad soup bread cake cookie chicken rice sushi sandwich taco curry stew
meal dinner lunch breakfast brunch
cook cooking recipe bake baking
recipe dish > chicken soup salad roast pasta
dessert sweet > cake cookie pie cream chocolate pudding brownie pastry tart
drink > coffee tea wine beer juice cocktail water
restaurant cafe diner bistro eatery
snack > chip cookie popcorn fruit nuts
vegetarian vegan
allergy allergic intolerance
diet eating nutrition
fruit > apple banana orange berry mango strawberry peach

# health and feelings
health > sick doctor hospital pain injury illness surgery diagnosis
sick ill illness flu cold fever
doctor physician clinic
injury injured hurt sprain
medicine medication pill prescription
therapy therapist counseling counselor counselling
pain ache sore
disease condition diagnosis diagnosed
weight pound kilo
stress stressed anxious anxiety overwhelmed pressure
happy glad joy excited thrilled
sad upset depressed down
scared afraid fear frightened nervous
angry mad furious frustrated
proud pride
lonely alone
tired exhausted drained fatigue
worried concern nervous
feel feeling emotion felt
feel > happy proud grateful thankful excited nervous scared sad relieved appreciate
support help encourage encouragement backing
support > friend family mentor group
motivate motivation inspire inspired inspiration
reason why > because inspired motivated decided
challenge obstacle hurdle struggle setback problem issue trouble difficulty tough hard
sleep insomnia nap
important special meaningful matter

# society
volunteer volunteering charity donate donation fundraiser help
charity cause > shelter donation fundraiser homeless veteran food drive
event > party concert festival conference parade workshop wedding race show march meeting fundraiser tournament gala fair exhibition
children youth > mentor mentoring tutor school talk
organization group community club association
church religious faith god pray spiritual
politics political election vote office campaign liberal conservative
military army veteran navy soldier service
adopt adoption foster agency
pregnant pregnancy baby
die died death passed funeral loss
memory remember memorial memento
birthday party celebrate celebration anniversary
holiday > christmas thanksgiving halloween easter
gift present gave given received
cloth clothes clothing outfit dress shirt jacket shoe
item object thing stuff
jewelry > necklace ring bracelet earring
lgbt lgbtq pride gay transgender queer
protest march rally activism activist
plant flower garden gardening
flower > rose sunflower tulip lily daisy
weather rain snow storm sunny
color colour > red blue green purple yellow pink black white

# talk, plans, things of the screen
plan planning goal intend hope
goal dream aspiration ambition
start began begin begun started launch open opened
finish complete done end completed
advice tip suggestion recommend recommendation suggest
idea thought concept
decide decision choose chose pick
change adjust update modify revise
talk discuss conversation chat speech
phone cell mobile iphone
computer laptop pc
app application software tool
website site online page
social media > instagram tiktok facebook twitter youtube
ad advert advertise advertising advertisement marketing promote
video clip vlog
error bug crash failure
document file report paper
photo photograph camera photography lens
morning evening night
weekend saturday sunday

# wider everyday and work vocabulary
genre > rock jazz pop classical hip country metal blues folk fantasy mystery thriller romance horror
vehicle car > toyota honda ford tesla prius bmw audi motorcycle scooter van suv
engine motor
brand > nike adidas apple samsung sony
console > xbox playstation nintendo switch
series franchise saga > book movie season trilogy
author writer novelist
actor actress star
role character part
director filmmaker
script screenplay
tattoo ink
hair haircut hairstyle
makeup cosmetics beauty
language > english spanish french german japanese chinese italian korean portuguese
subject > math science history english physics chemistry biology
hike trail > mountain waterfall forest view
injury > knee ankle back shoulder wrist leg arm
surgery operation
hospital clinic emergency
vaccine shot jab
rent lease landlord mortgage
loan debt credit
tax taxes
bill invoice fee
savings retirement pension
insurance policy coverage
apartment flat studio condo
bedroom kitchen bathroom room
renovate renovation remodel
aquarium tank
furniture > sofa couch table chair desk bed lamp shelf
chore > cleaning laundry dishes vacuum
device gadget > phone laptop tablet watch headphones camera
password login account credential
email mail message
server database api backend
code program script function
deploy release ship launch
test testing qa
bug fix patch
framework library package
language programming > python javascript java rust go c lua typescript
laptop > macbook thinkpad dell
airport flight plane
train station railway
bus tram subway metro
luggage suitcase bag backpack
passport visa
sightseeing tour > museum castle temple cathedral tower gallery
souvenir > magnet postcard gift
restaurant > sushi pizza steak thai italian mexican
breakfast > egg pancake cereal toast
cuisine > italian mexican thai indian japanese chinese french
vegetable > carrot tomato potato spinach broccoli pepper onion
meat > chicken beef pork lamb steak
coffee espresso latte
bread baking sourdough
grocery supermarket
pottery painting drawing > class studio workshop
festival fair carnival
museum gallery exhibit exhibition
speech presentation talk
letter note card
interview hiring recruiter
resume cv
client customer
revenue profit income
market marketing
team squad group
coach trainer instructor
score points goal
ski snowboard snow
surf wave
fish fishing
bird birdwatching
garden > tomato herb rose vegetable flower
wedding ceremony bride groom
divorce separated split
funeral memorial
ancestor heritage
neighbor community
protest petition
policy law rule
mayor council senator
rescue shelter
fire firefighter firefighting brigade
police officer
storm flood hurricane tornado earthquake
power electricity outage
recycle recycling environment climate
star telescope space astronomy moon meteor planet
dream nightmare
habit routine
# more of everyday life
degree qualification > bachelor master phd doctorate diploma graduated majored certificate
study studied major > degree bachelor master university college
graduate graduation > degree diploma bachelor master
commute commuting > drive train bus tram bike ride office traffic minutes
job work occupation profession > engineer teacher nurse doctor lawyer manager developer designer clerk assistant accountant analyst consultant chef driver
salary income wage > raise month earn paid
employer workplace > company firm office job
shift > morning night evening hours
allergy allergic > nuts peanut hazelnut cashew almond shellfish gluten dairy pollen swell rash hives
intolerance > lactose gluten dairy
diet dietary > vegetarian vegan gluten dairy keto carb sugar
camera photography > lens canon nikon sony fuji tripod shutter aperture
lens tripod camera
phone smartphone > iphone pixel samsung android battery
computer laptop > macbook thinkpad dell windows linux keyboard screen
scent smell fragrance perfume odor
dislike hate stand bother
wedding > married bride groom bridesmaid ceremony reception honeymoon
honeymoon anniversary wedding
relocate relocation move moved moving
reside residence live home
repair fix replace replaced maintenance
party potluck gathering celebration feast
dish recipe meal > brought made baked cooked potluck
furniture > bookshelf mattress dresser wardrobe
appliance > fridge oven dishwasher washer dryer microwave vacuum toaster blender
tool > hammer drill saw screwdriver wrench
stream streaming subscription > netflix spotify hulu disney prime youtube
podcast episode listen audiobook
documentary film show > watched netflix
newspaper magazine news > subscription article
album vinyl record
concert > tickets venue band tour stage
theater theatre play musical > tickets stage actor
instrument > trumpet harp viola banjo keyboard bass
choir sing singer > rehearse rehearsal voice
lesson class course > learn teacher
language > swedish dutch russian arabic hindi latin
charity donation fundraiser > raised donated dollars
race marathon > run ran 5k 10k minutes finished time
record best fastest > time minutes seconds
gym workout > weights squat deadlift bench treadmill
yoga pilates meditation > studio class mat
injury pain > sprained twisted broke fractured
doctor specialist > dermatologist dentist cardiologist therapist physician pediatrician optometrist surgeon
appointment checkup > doctor dentist
medication medicine > ibuprofen antibiotic vitamin insulin inhaler dose pills
symptom > headache nausea cough fever fatigue dizzy
sleep > bed asleep awake insomnia night tired
rest restless sleep insomnia
baby > born birth newborn pregnant due
birth born birthday
age old > birthday turned born years
pet > rabbit ferret gecko tortoise aquarium
breed > labrador poodle retriever shepherd terrier beagle siamese bulldog
vet veterinarian clinic shelter
plant > fern succulent cactus orchid monstera basil seeds seedlings pot
garden yard > plant seeds soil flowers vegetables weeds
cook > recipe oven pan boil fry grill
cuisine > korean greek french spanish turkish ethiopian vietnamese
drink beverage > smoothie whiskey soda lemonade milk
alcohol > beer wine whiskey cocktail gin vodka
breakfast > oatmeal bacon yogurt bagel
dessert > apple tiramisu ice cake mousse
grocery groceries > supermarket market store shopping
clothing clothes > sweater jeans coat boots sneakers skirt hat
shoes footwear > boots sneakers sandals heels
jewelry > watch bracelet pendant
hotel accommodation > lodge resort cabin booked room hostel
flight airline > airport delta booked ticket seat
trip vacation > flew beach hotel week
camp camping > tent slept campsite fire
island > hawaii bali crete sicily jamaica
continent > africa asia europe america australia
neighborhood area > street district
rent mortgage housing > apartment landlord lease
bank account > savings credit card loan
purchase buy > bought ordered got store
price cost paid spend spent
discount sale coupon > off percent price
gift present > birthday bought gave
hobby > knitting sewing chess gardening woodworking model collecting photography guitar
collection collect > stamps coins vinyl figurines cards
knit knitting crochet > yarn scarf sweater blanket
board game > chess monopoly catan cards
puzzle > jigsaw crossword sudoku
exhibit exhibition museum gallery
lecture seminar talk
thesis dissertation paper research
grade exam test > score passed failed
application apply applied > submitted accepted rejected
interview > offer hired recruiter
deadline due > submit finish date
bug error issue > crash fix exception
database > postgres mysql sqlite schema query
framework library > react django flask spring pandas numpy
deploy deployment > server docker kubernetes heroku production
feature functionality function
login authentication > password token oauth session
budget > spend expenses save monthly
argue argument fight quarrel disagreement
apologize sorry forgive
divorce breakup separated
moved > city house apartment
lost missing misplaced
stolen theft robbed
afraid fear > spider heights dark
god faith > church pray bible mosque temple
holiday > diwali hanukkah eid ramadan
mood feeling emotion
fear phobia
]],

  -- a question with one of these asks for a time
  ask_when = [[
when
what date
which year
what year
which month
how long
]],

  -- an answer about time holds one of these
  time_words = [[
yesterday today tonight tomorrow last next ago week weekend month year years since
january february march april june july august september october november december
monday tuesday wednesday thursday friday saturday sunday
]],

  -- somebody speaks of himself
  first_person = [[
i i'm i've i'd i'll my me mine we we're we've our us
]],

  -- a question that holds one of these asks what the assistant said, or what was said with him: not what he would say now
  you_said = [[
we talked about
we discussed
our chat
previous chat
our conversation about
our conversation on
previous conversation
earlier conversation
last conversation
our list
the list of
on the list
in the list
did you
you put
you said
you told
you recommended
you suggested
you gave
you mentioned
you listed
you provided
you advised
you explained
you described
you wrote
you shared
you have said
you've said
you had said
you have told
you've told
you had told
you have recommended
you've recommended
you had recommended
you have suggested
you've suggested
you had suggested
you have given
you've given
you had given
you have mentioned
you've mentioned
you had mentioned
you have listed
you've listed
you had listed
you have provided
you've provided
you had provided
you have advised
you've advised
you had advised
you have explained
you've explained
you had explained
you have described
you've described
you had described
you have written
you've written
you had written
you have shared
you've shared
you had shared
your suggestion
your suggestions
your recommendation
your recommendations
your advice
your answer
your answers
your list
your lists
]],

  -- a query that holds one of these looks something up, however long it is; others of several sentences go on with a chat
  look_up = [[
remind me
remind us
do you remember
do you still remember
do you recall
can you recall
can you remember
i remember you
look up
looking back
previous conversation
previous conversations
previous chat
previous chats
earlier conversation
earlier conversations
our conversation about
our conversation on
our conversations
our chat about
i mentioned
our chats
did i
have i
had i
was i
what is my
what's my
what was my
what are my
i brought up
order in which
summary of how
summarize how
summarise how
summarize my
summarise my
summarize our
summarise our
]],

  -- so begins a question that has no question mark
  openers = [[
what
when
where
who
whom
whose
which
why
how
did
does
do i
do we
do you
is
are
was
were
has
have i
have we
have you
can
could
will
would
should
]],

  -- a line is a month, from the first to the twelfth
  months = [[
january jan
february feb
march mar
april apr
may
june jun
july jul
august aug
september sep sept
october oct
november nov
december dec
]],

  -- words of a time that is past, a line each: ago, last, this, yesterday, today, day, week, month, year, weekend, and the
  -- days from Monday
  past = [[
ago
last past previous
this
yesterday
today
day days night nights
week weeks
month months
year years
weekend
monday mon
tuesday tue tues
wednesday wed
thursday thu thurs
friday fri
saturday sat
sunday sun
]],

  -- a line is a number, from one to twelve
  numbers = [[
one a an
two couple
three few
four
five
six
seven
eight
nine
ten
eleven
twelve
]],
}
