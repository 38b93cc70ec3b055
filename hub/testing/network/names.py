"""Common names of people by where they live, and the spelling of a name in an e-mail address."""
# ruff: noqa: RUF001 - the Turkish dotless i is meant

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_LETTERS_WITHOUT_ACCENT = str.maketrans({"ø": "o", "ł": "l", "ß": "ss", "ı": "i", "æ": "ae", "đ": "d"})


@dataclass(frozen=True, slots=True)
class Name:
    """A name as written and as spelled in addresses: lower case, ASCII letters only."""

    text: str
    spelled: str


@dataclass(frozen=True, slots=True)
class Names:
    """The given and the family names of one culture."""

    given: Sequence[Name]
    family: Sequence[Name]


def spell(text: str) -> str:
    """The text in lower-case ASCII letters, for addresses: "Núñez" becomes "nunez"."""
    plain = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS_WITHOUT_ACCENT))
    return "".join(letter for letter in plain if letter.isascii() and letter.isalpha())


def _names(given: str, family: str) -> Names:
    return Names(*(tuple(Name(word, spell(word)) for word in words.split()) for words in (given, family)))


NAMES: Mapping[str, Names] = {
    "english": _names(
        "James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan Joseph"
        " Jessica Thomas Karen Daniel Sarah Matthew Lisa Anthony Nancy Mark Sandra Steven Ashley Paul Emily Andrew Donna"
        " Joshua Michelle Kevin Amanda Brian Melissa George Rebecca Ryan Laura Jacob Olivia Ethan Grace Noah Chloe",
        "Smith Johnson Williams Brown Jones Miller Davis Wilson Anderson Thomas Taylor Moore Jackson Martin Lee Thompson"
        " White Harris Clark Lewis Robinson Walker Young Allen King Wright Scott Hill Green Adams Baker Nelson Hall Rivera"
        " Campbell Mitchell Carter Roberts Gomez Phillips Evans Turner Parker Collins Edwards Stewart Morris Murphy Cook"
        " Rogers Morgan Cooper Reed Bailey Bell Kelly Howard Ward Cox Richardson Wood Watson Brooks Bennett Gray Hughes",
    ),
    "german": _names(
        "Lukas Anna Leon Lea Jonas Laura Felix Julia Maximilian Lena Paul Sarah Tim Hannah Jan Katharina Niklas Sophie"
        " Tobias Franziska Florian Nina Sebastian Johanna Stefan Sabine Andreas Petra Thomas Monika Jürgen Ursula Günther"
        " Claudia Matthias Birgit Dominik Vanessa Philipp Carolin",
        "Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer Richter Klein Wolf"
        " Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann Lange Werner Krause Lehmann Köhler Maier"
        " Huber Kaiser Fuchs Peters Scholz Möller Weiß Jung Hahn Vogel Friedrich Keller Günther Berger Winkler Roth Beck"
        " Lorenz Baumann Franke Albrecht Schuster Simon Böhm Winter Kraus Schumacher Krämer Vogt Steiner Gruber",
    ),
    "french": _names(
        "Lucas Emma Hugo Léa Louis Manon Nathan Chloé Gabriel Camille Jules Inès Arthur Sarah Théo Louise Mathis Jade"
        " Antoine Alice Nicolas Julie Julien Céline Pierre Sophie Michel Isabelle Philippe Nathalie Laurent Sandrine"
        " François Hélène Olivier Aurélie Maxime Élodie Bastien Margaux",
        "Martin Bernard Dubois Thomas Robert Richard Petit Durand Leroy Moreau Simon Laurent Lefebvre Michel Garcia David"
        " Bertrand Roux Vincent Fournier Morel Girard André Mercier Dupont Lambert Bonnet François Martinez Legrand"
        " Garnier Faure Rousseau Blanc Guérin Muller Henry Roussel Nicolas Perrin Morin Mathieu Clément Gauthier Dumont"
        " Lopez Fontaine Chevalier Robin Masson Sanchez Gérard Nguyen Boyer Denis Lemaire Duval Joly Gautier Roger",
    ),
    "spanish": _names(
        "Hugo Lucía Martín Sofía Daniel María Pablo Paula Alejandro Daniela Adrián Carla Álvaro Sara Javier Carmen Diego"
        " Valeria Mario Alba Manuel Ana Sergio Elena Antonio Marta José Isabel Juan Laura Carlos Cristina Luis Rosa"
        " Miguel Beatriz Ángel Pilar Andrés Camila Mateo Valentina Santiago Ximena",
        "García Rodríguez González Fernández López Martínez Sánchez Pérez Gómez Martín Jiménez Ruiz Hernández Díaz Moreno"
        " Muñoz Álvarez Romero Alonso Gutiérrez Navarro Torres Domínguez Vázquez Ramos Gil Ramírez Serrano Blanco Molina"
        " Morales Suárez Ortega Delgado Castro Ortiz Rubio Marín Sanz Núñez Iglesias Medina Garrido Cortés Castillo"
        " Santos Lozano Guerrero Cano Prieto Méndez Cruz Flores Herrera Peña León Márquez Cabrera Gallego Calvo Vidal",
    ),
    "portuguese": _names(
        "Miguel Maria João Ana Pedro Beatriz Gabriel Juliana Lucas Mariana Rafael Fernanda Gustavo Camila Felipe Larissa"
        " Bruno Patrícia Tiago Inês André Catarina Diogo Rita Carlos Sandra Paulo Teresa Rodrigo Vitória Mateus Letícia"
        " Vinícius Bianca Leandro Aline",
        "Silva Santos Oliveira Souza Rodrigues Ferreira Alves Pereira Lima Gomes Costa Ribeiro Martins Carvalho Almeida"
        " Lopes Soares Fernandes Vieira Barbosa Rocha Dias Nascimento Andrade Moreira Nunes Marques Machado Mendes Freitas"
        " Cardoso Ramos Gonçalves Santana Teixeira Araújo Correia Pinto Melo Cunha Moura Campos Monteiro Batista Cavalcanti"
        " Azevedo Castro Pires Barros Tavares",
    ),
    "italian": _names(
        "Leonardo Sofia Francesco Giulia Alessandro Aurora Lorenzo Alice Mattia Giorgia Andrea Emma Gabriele Martina Marco"
        " Chiara Luca Sara Davide Francesca Matteo Elisa Giuseppe Anna Antonio Rosa Giovanni Paola Roberto Laura Stefano"
        " Silvia Paolo Elena Federico Valentina Niccolò Beatrice",
        "Rossi Russo Ferrari Esposito Bianchi Romano Colombo Ricci Marino Greco Bruno Gallo Conti Mancini Costa Giordano"
        " Rizzo Lombardi Moretti Barbieri Fontana Santoro Mariani Rinaldi Caruso Ferrara Galli Martini Leone Longo Gentile"
        " Martinelli Vitale Lombardo Serra Coppola Marchetti Parisi Villa Conte Ferraro Ferri Fabbri Bianco Marini Grasso"
        " Valentini Messina Sala Gatti",
    ),
    "dutch": _names(
        "Daan Emma Sem Julia Lucas Sophie Levi Lotte Finn Anna Bram Eva Thijs Lisa Jesse Sanne Lars Fleur Ruben Iris Sven"
        " Femke Jeroen Marieke Pieter Ilse Koen Hanneke Wouter Annelies Maarten Els",
        "Jansen Bakker Visser Smit Meijer Mulder Bos Vos Peters Hendriks Dekker Brouwer Dijkstra Smits Koster Prins Huisman"
        " Postma Kuipers Schouten Willems Hoekstra Maas Verhoeven Koning Jacobs Kok Jonker Martens Janssens Maes Peeters"
        " Claes Wouters Goossens Mertens Aerts Hermans Lemmens Bosman",
    ),
    "nordic": _names(
        "William Alma Oskar Freja Emil Ella Noah Ida Axel Sofie Oliver Nora Elias Ingrid Lars Astrid Erik Maja Anders"
        " Karin Mikkel Signe Henrik Kirsten Søren Åse Jørgen Birgitta Mika Aino Antti Helmi Juhani Kaisa",
        "Andersson Johansson Karlsson Nilsson Eriksson Larsson Olsson Persson Svensson Gustafsson Hansen Johansen Olsen"
        " Larsen Andersen Pedersen Nielsen Jensen Christensen Rasmussen Sørensen Kristensen Berg Lund Haugen Dahl"
        " Lindström Bergström Sjöberg Lindqvist Korhonen Virtanen Mäkinen Nieminen Mäkelä Hämäläinen Laine Heikkinen",
    ),
    "polish": _names(
        "Jakub Zuzanna Antoni Julia Szymon Zofia Kacper Maja Filip Hanna Jan Lena Piotr Anna Tomasz Katarzyna Marcin"
        " Małgorzata Paweł Agnieszka Michał Ewa Łukasz Magdalena Krzysztof Joanna Grzegorz Dorota",
        "Nowak Kowalski Wiśniewski Wójcik Kowalczyk Kamiński Lewandowski Zieliński Szymański Woźniak Dąbrowski Kozłowski"
        " Mazur Jankowski Krawczyk Piotrowski Grabowski Nowakowski Pawłowski Michalski Adamczyk Dudek Zając Wieczorek"
        " Jabłoński Król Majewski Olszewski Jaworski Wróbel",
    ),
    "czech": _names(
        "Jakub Eliška Jan Anna Tomáš Adéla Adam Tereza Matěj Sofie Vojtěch Viktorie Ondřej Karolína Filip Lucie David"
        " Kateřina Petr Jana Martin Lenka Jiří Hana",
        "Novák Svoboda Novotný Dvořák Černý Procházka Kučera Veselý Horák Němec Pokorný Marek Pospíšil Hájek Jelínek Král"
        " Růžička Beneš Fiala Sedláček Doležal Zeman Kolář Krejčí",
    ),
    "turkish": _names(
        "Yusuf Zeynep Mustafa Elif Ahmet Defne Mehmet Azra Emir Ayşe Ömer Fatma Ali Merve Hüseyin Esra Murat Büşra Emre"
        " Selin Burak Gamze Serkan Derya Kerem Ece",
        "Yılmaz Kaya Demir Şahin Çelik Yıldız Yıldırım Öztürk Aydın Özdemir Arslan Doğan Kılıç Aslan Çetin Kara Koç Kurt"
        " Özkan Şimşek Polat Korkmaz Çakır Erdoğan Güneş Aksoy",
    ),
    "indian": _names(
        "Aarav Ananya Vihaan Diya Arjun Saanvi Aditya Priya Rohan Kavya Rahul Neha Vikram Pooja Sanjay Sunita Amit Anjali"
        " Rajesh Meera Suresh Lakshmi Karthik Divya Manish Shreya Deepak Ritu Nikhil Swati",
        "Sharma Verma Gupta Singh Kumar Patel Shah Reddy Nair Iyer Menon Rao Das Ghosh Mukherjee Banerjee Chatterjee"
        " Joshi Kulkarni Deshmukh Patil Mehta Desai Chauhan Yadav Mishra Pandey Tiwari Agarwal Kapoor Malhotra Bhat"
        " Pillai Naidu Saxena Srivastava",
    ),
    "japanese": _names(
        "Haruto Yui Sota Aoi Yuto Hina Riku Sakura Kaito Mei Takumi Yuna Daiki Misaki Kenta Ayaka Shota Nanami Hiroshi"
        " Keiko Takashi Yoko Kenji Naomi Makoto Emi",
        "Sato Suzuki Takahashi Tanaka Watanabe Ito Yamamoto Nakamura Kobayashi Kato Yoshida Yamada Sasaki Yamaguchi"
        " Matsumoto Inoue Kimura Hayashi Shimizu Saito Yamazaki Mori Abe Ikeda Hashimoto Ishikawa Ogawa Maeda Fujita Okada",
    ),
    "chinese": _names(
        "Wei Fang Lei Na Jun Xiuying Yang Min Jie Jing Tao Li Ming Yan Chao Juan Qiang Xia Peng Mei Hao Ting Yu Xin"
        " Jianhua Lihua Zhiqiang Guoqiang Xiaoming Haiyan",
        "Wang Li Zhang Liu Chen Yang Huang Zhao Wu Zhou Xu Sun Ma Zhu Hu Guo He Lin Gao Luo Zheng Liang Xie Song Tang"
        " Han Feng Deng Cao Peng",
    ),
    "korean": _names(
        "Minjun Seoyeon Seojun Jiwoo Dohyun Soyeon Jihoon Minseo Junho Hayoon Hyunwoo Yuna Sungmin Jimin Donghyun Eunji"
        " Taeyang Sujin Youngho Hyejin",
        "Kim Lee Park Choi Jung Kang Cho Yoon Jang Lim Han Oh Seo Shin Kwon Hwang Ahn Song Yoo Hong",
    ),
    "arabic": _names(
        "Mohamed Fatima Ahmed Aisha Omar Maryam Ali Nour Youssef Salma Hassan Layla Khaled Amina Ibrahim Hana Mahmoud"
        " Yasmin Tariq Rania Karim Dina Samir Huda Rashid Noura",
        "Hassan Ali Mahmoud Ibrahim Mansour Khalil Saleh Nasser Farouk Haddad Saad Rashid Hamdan Karam Aziz Fahmy Shaheen"
        " Zaki Bakr Salem Amrani Idrissi Alaoui Qasim Sultan Darwish",
    ),
    "malay": _names(
        "Adi Siti Budi Dewi Agus Putri Rizky Ayu Dimas Nur Fajar Wati Hafiz Aisyah Amir Farah Faiz Nadia Irfan Sari Joko"
        " Indah Bayu Ratna",
        "Wijaya Santoso Pratama Hidayat Nugroho Setiawan Saputra Kusuma Gunawan Susanto Rahman Ismail Abdullah Yusof"
        " Hashim Ibrahim Salleh Othman Aziz Lestari Halim Suryadi",
    ),
}
