//! P: One line for each event, in English and French, and the stable name of each. Interprets nothing.

use crate::astro::events::moment::utc_text;
use crate::astro::events::{Event, Happening, LunarKind, SolarKind, Transit, Twilight};
use crate::astro::rise::Passage;
use crate::astro::signs::degree_minute;
use crate::astro::{Aspect, Body, Lang, Point, Sign, names};

/// The line of an event.
pub fn title(event: &Event, lang: Lang) -> String {
    let body = |body: Body| names::body(body, lang);
    match &event.what {
        Happening::Station(s) => {
            let turn = match (lang, s.turns_retrograde) {
                (Lang::En, true) => "turns retrograde at",
                (Lang::En, false) => "turns direct at",
                (Lang::Fr, true) => "devient rétrograde à",
                (Lang::Fr, false) => "redevient direct à",
            };
            format!("{} {turn} {}", body(s.body), place(s.longitude_deg, lang))
        }
        Happening::Ingress(i) => {
            let (enters, back) = pick(lang, ("enters", " (retrograde)"), ("entre en", " (rétrograde)"));
            let back = if i.retrograde { back } else { "" };
            format!("{} {enters} {}{back}", body(i.body), i.sign.name(lang))
        }
        Happening::Aspect(a) => format!("{} {} {}", body(a.a), aspect(a.aspect, lang), body(a.b)),
        Happening::Lunation(l) => {
            let phase = names::moon_phase(l.phase.code(), lang).unwrap_or_default();
            format!("{phase}, {}", place(l.moon_longitude_deg, lang))
        }
        Happening::Solar(e, longitude_deg) => format!("{}, {}", solar(e.kind, lang), place(*longitude_deg, lang)),
        Happening::Lunar(e, longitude_deg) => format!("{}, {}", lunar(e.kind, lang), place(*longitude_deg, lang)),
        Happening::VoidMoon(v) => match lang {
            Lang::En => format!("Moon void of course until {}", v.enters.name(lang)),
            Lang::Fr => format!("Lune vide de course jusqu’à l’entrée en {}", v.enters.name(lang)),
        },
        Happening::Horizon(b, e) => passage(*b, e.passage, lang),
        Happening::Polar(b, stretch) => polar(*b, stretch.above, lang),
        Happening::Twilight(kind, e) => twilight(*kind, e.passage == Passage::Rise, lang),
    }
}

/// The line of a transit.
pub fn transit_title(transit: &Transit, lang: Lang) -> String {
    let point = match transit.natal {
        Point::Body(body) => names::body(body, lang),
        other => names::point(other.code(), lang).unwrap_or_else(|| other.code()),
    };
    let (moving, aspect) = (names::body(transit.transiting, lang), aspect(transit.aspect, lang));
    match lang {
        Lang::En => format!("{moving} {aspect} natal {point}"),
        Lang::Fr => format!("{moving} {aspect} {point} de naissance"),
    }
}

/// A name that the same event always has: its code and its minute.
pub fn id(event: &Event) -> String {
    let code = code(&event.what);
    let detail = match &event.what {
        Happening::Station(s) => format!("{}-{}", s.body.code(), turn(s.turns_retrograde)),
        Happening::Ingress(i) => format!("{}-{}", i.body.code(), i.sign.code()),
        Happening::Aspect(a) => format!("{}-{}-{}", a.a.code(), a.aspect.code(), a.b.code()),
        Happening::Lunation(l) => l.phase.code().to_owned(),
        Happening::Solar(e, _) => solar_code(e.kind).to_owned(),
        Happening::Lunar(e, _) => lunar_code(e.kind).to_owned(),
        Happening::VoidMoon(v) => v.enters.code().to_owned(),
        Happening::Horizon(b, _) | Happening::Polar(b, _) => b.code().to_owned(),
        Happening::Twilight(t, _) => t.code().to_owned(),
    };
    format!("{code}-{detail}-{}", minute(event.jd_tt))
}

/// `YYYYMMDDTHHMMZ` of a Julian Date TT.
pub fn minute(jd_tt: f64) -> String {
    let text = utc_text(jd_tt).unwrap_or_default();
    let digits: String = text.chars().filter(|c| !matches!(c, '-' | ':')).collect();
    digits.get(..13).map_or(digits.clone(), |minute| format!("{minute}Z"))
}

/// The kind of one event.
pub const fn code(what: &Happening) -> &'static str {
    match what {
        Happening::Station(_) => "station",
        Happening::Ingress(_) => "ingress",
        Happening::Aspect(_) => "aspect",
        Happening::Lunation(_) => "lunation",
        Happening::Solar(..) => "solar_eclipse",
        Happening::Lunar(..) => "lunar_eclipse",
        Happening::VoidMoon(_) => "void_moon",
        Happening::Horizon(_, e) => passage_code(e.passage),
        Happening::Polar(_, s) => {
            if s.above {
                "stays_up"
            } else {
                "stays_down"
            }
        }
        Happening::Twilight(_, e) => {
            if matches!(e.passage, Passage::Rise) {
                "dawn"
            } else {
                "dusk"
            }
        }
    }
}

/// The stable name of a passage.
pub const fn passage_code(passage: Passage) -> &'static str {
    match passage {
        Passage::Rise => "rise",
        Passage::Set => "set",
        Passage::UpperCulmination => "upper_culmination",
        Passage::LowerCulmination => "lower_culmination",
    }
}

/// `retrograde` or `direct`.
pub const fn turn(turns_retrograde: bool) -> &'static str {
    if turns_retrograde { "retrograde" } else { "direct" }
}

/// The stable name of a type of solar eclipse.
pub const fn solar_code(kind: SolarKind) -> &'static str {
    match kind {
        SolarKind::Partial => "partial",
        SolarKind::Annular => "annular",
        SolarKind::Total => "total",
        SolarKind::Hybrid => "hybrid",
    }
}

/// The stable name of a type of lunar eclipse.
pub const fn lunar_code(kind: LunarKind) -> &'static str {
    match kind {
        LunarKind::Penumbral => "penumbral",
        LunarKind::Partial => "partial",
        LunarKind::Total => "total",
    }
}

const fn pick<T: Copy>(lang: Lang, english: T, french: T) -> T {
    match lang {
        Lang::En => english,
        Lang::Fr => french,
    }
}

/// `27°13′ Aries`.
fn place(longitude_deg: f64, lang: Lang) -> String {
    let (degrees, minutes) = degree_minute(longitude_deg);
    format!("{degrees}°{minutes:02}′ {}", Sign::of(longitude_deg).name(lang))
}

fn aspect(aspect: Aspect, lang: Lang) -> String {
    names::aspect(aspect.code(), lang).unwrap_or_else(|| aspect.code()).to_lowercase()
}

const fn solar(kind: SolarKind, lang: Lang) -> &'static str {
    match kind {
        SolarKind::Partial => pick(lang, "Partial solar eclipse", "Éclipse partielle de Soleil"),
        SolarKind::Annular => pick(lang, "Annular solar eclipse", "Éclipse annulaire de Soleil"),
        SolarKind::Total => pick(lang, "Total solar eclipse", "Éclipse totale de Soleil"),
        SolarKind::Hybrid => pick(lang, "Hybrid solar eclipse", "Éclipse hybride de Soleil"),
    }
}

const fn lunar(kind: LunarKind, lang: Lang) -> &'static str {
    match kind {
        LunarKind::Penumbral => pick(lang, "Penumbral lunar eclipse", "Éclipse de Lune par la pénombre"),
        LunarKind::Partial => pick(lang, "Partial lunar eclipse", "Éclipse partielle de Lune"),
        LunarKind::Total => pick(lang, "Total lunar eclipse", "Éclipse totale de Lune"),
    }
}

fn passage(body: Body, passage: Passage, lang: Lang) -> String {
    let name = names::body(body, lang);
    match (lang, passage) {
        (Lang::En, Passage::Rise) => format!("{name} rises"),
        (Lang::En, Passage::Set) => format!("{name} sets"),
        (Lang::En, Passage::UpperCulmination) => format!("{name} culminates"),
        (Lang::En, Passage::LowerCulmination) => format!("{name} at lower culmination"),
        (Lang::Fr, Passage::Rise) => format!("{name} : lever"),
        (Lang::Fr, Passage::Set) => format!("{name} : coucher"),
        (Lang::Fr, Passage::UpperCulmination) => format!("{name} : culmination"),
        (Lang::Fr, Passage::LowerCulmination) => format!("{name} : culmination inférieure"),
    }
}

fn polar(body: Body, above: bool, lang: Lang) -> String {
    match (body, above) {
        (Body::Sun, true) => pick(lang, "Midnight sun", "Soleil de minuit").to_owned(),
        (Body::Sun, false) => pick(lang, "Polar night", "Nuit polaire").to_owned(),
        (_, true) => {
            format!("{} {}", names::body(body, lang), pick(lang, "stays up (circumpolar)", "ne se couche pas"))
        }
        (_, false) => {
            format!("{} {}", names::body(body, lang), pick(lang, "stays below the horizon", "ne se lève pas"))
        }
    }
}

fn twilight(kind: Twilight, dawn: bool, lang: Lang) -> String {
    let (name, french) = match kind {
        Twilight::Civil => ("Civil", "civil"),
        Twilight::Nautical => ("Nautical", "nautique"),
        Twilight::Astronomical => ("Astronomical", "astronomique"),
    };
    let agreed = if kind == Twilight::Civil { "civile" } else { french };
    match (lang, dawn) {
        (Lang::En, true) => format!("{name} dawn"),
        (Lang::En, false) => format!("{name} dusk"),
        (Lang::Fr, true) => format!("Aube {agreed}"),
        (Lang::Fr, false) => format!("Fin du crépuscule {french}"),
    }
}
