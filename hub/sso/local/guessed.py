"""What is guessed first: a list of our own, of words and phrases that people make long passwords from.

Compared without case, spaces and signs, and with digits at both ends left away, so that ``Password-2026!!`` is ``password``.
"""

ROWS = ("1234567890", "0123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl",
        "zxcvbnm", "yxcvbnm", "qwertyuiopasdfghjklzxcvbnm", "qwertzuiopasdfghjklyxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
        "1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0")  # fmt: skip
"""Rows of keyboards, and orders that everybody knows."""

_WORDS = """
password passwort motdepasse contrasena contraseña senha passord wachtwoord losenord lösenord parola haslo hasło heslo
passwordpassword mypassword mypasswordis thisismypassword password1password newpassword oldpassword changepassword
changeme changemenow pleasechangeme changeit defaultpassword temporarypassword temppassword initialpassword
welcome welcomeback welcomehome welcometo letmein letmeinnow letmeinplease openme opensesame sesameopensesame
administrator administrador adminadmin adminpassword superuser rootroot rootpassword sysadmin systemadmin operator
qwerty qwertyqwerty qwertyuiop qwertzuiop qwertyasdfgh qazwsx qazwsxedc qazwsxedcrfv asdfasdf asdfghjkl zxcvbnm
asdfjkl asdfqwer qwerasdf qwerasdfzxcv qwertyui iloveyou iloveyousomuch iloveyouforever iloveyoubaby ihateyou
iloveyoumom iloveyoudad iloveyouall iloveyoutoo teamo tequiero ichliebedich jetaime footballfootball baseball
basketball football superman batman spiderman supermanbatman starwars startrek pokemon pikachu dragon dragonball
monkey monkeymonkey sunshine princess shadow master michael jennifer jordan charlie hunter killer trustno trustnoone
trustnobody whatever whateveriwant nothing nothingnothing secret secretsecret topsecret mysecret supersecret
supersecretpassword verysecret verysecretpassword securepassword strongpassword correcthorsebatterystaple
correcthorse batterystaple donttellanyone guessme guesswhat trythis nopassword nopasswordhere forgotpassword
iforgot iforgotmypassword idontknow idontremember idontcare leavemealone goaway hello hellohello helloworld
hellokitty helloagain goodmorning goodnight goodbye happybirthday happynewyear merrychristmas christmas january
february march april august september october november december springtime summertime autumn winter spring summer
monday tuesday wednesday thursday friday saturday sunday computer computercomputer internet laptop keyboard
microsoft windows google facebook instagram linkedin youtube amazon apple iphone samsung android testtest testing
testtesttest testpassword testaccount testuser testingtesting demodemo demopassword exampleexample examplepassword
guestguest guestpassword useruser username userpassword loginlogin loginpassword signin signinsignin accountaccount
company companyname mycompany companypassword workwork workpassword office training traininghub partnertraining
partnertraininghub partnerhub learning elearning dealership dealer automotive carsales salesman service workshop
manchester manchesterunited liverpool liverpoolfc chelsea arsenal barcelona realmadrid juventus bayernmunich
ferrari porsche mercedes mercedesbenz volkswagen toyota corvette mustang harleydavidson lamborghini
blinkblink bubblebubble chocolate chocolatechip cheesecake butterfly butterflies rainbow rainbows unicorn unicorns
abcabc abcabcabc abcabcabcabc abcdabcd abcdefgabcdefg blablabla blahblahblah lalalalala hahahaha hahahahaha
godisgood godislove jesuschrist jesusismylord jesuslovesme ilovejesus ilovegod blessed thankyou thankyoujesus
"""
GUESSED = frozenset(_WORDS.split())
