//! P: Display names in English and French of what the traditional analysis finds. Codes stay with their enums.

use super::Lang;
use crate::astro::dignities::accidental::{Accident, Pace, SolarProximity};
use crate::astro::dignities::{Dignity, TermScheme, TriplicityScheme};
use crate::astro::dominants::DominanceFactor;
use crate::astro::lunar_phase::Phase;
use crate::astro::sect::Sect;

/// The name of an essential dignity or debility.
pub fn dignity(dignity: Dignity, lang: Lang) -> &'static str {
    lang.pick(match dignity {
        Dignity::Domicile => ("domicile", "domicile"),
        Dignity::Exaltation => ("exaltation", "exaltation"),
        Dignity::Triplicity => ("triplicity", "triplicité"),
        Dignity::ParticipatingTriplicity => ("participating triplicity", "triplicité participante"),
        Dignity::Term => ("term", "terme"),
        Dignity::Face => ("face", "face"),
        Dignity::Detriment => ("detriment", "exil"),
        Dignity::Fall => ("fall", "chute"),
        Dignity::Peregrine => ("peregrine", "pérégrin"),
    })
}

/// The name of an accidental dignity or debility.
pub fn accident(accident: Accident, lang: Lang) -> &'static str {
    lang.pick(match accident {
        Accident::Angular => ("angular", "angulaire"),
        Accident::Succedent => ("succedent", "succédente"),
        Accident::Cadent => ("cadent", "cadente"),
        Accident::Joy => ("in its joy", "en sa joie"),
        Accident::Direct => ("direct", "directe"),
        Accident::Retrograde => ("retrograde", "rétrograde"),
        Accident::Stationary => ("stationary", "stationnaire"),
        Accident::Swift => ("swift", "rapide"),
        Accident::Slow => ("slow", "lente"),
        Accident::Oriental => ("oriental", "orientale"),
        Accident::Occidental => ("occidental", "occidentale"),
        Accident::Waxing => ("increasing in light", "croissante"),
        Accident::Waning => ("decreasing in light", "décroissante"),
        Accident::Cazimi => ("in the heart of the Sun", "au cœur du Soleil"),
        Accident::Combust => ("combust", "combuste"),
        Accident::UnderBeams => ("under the Sun’s beams", "sous les rayons du Soleil"),
        Accident::FreeFromBeams => ("free from the Sun’s beams", "libre des rayons du Soleil"),
        Accident::Hayz => ("in hayz", "en hayz"),
        Accident::ConjunctBenefic => ("partile conjunction with a benefic", "conjonction partile d’un bénéfique"),
        Accident::TrineBenefic => ("partile trine of a benefic", "trigone partile d’un bénéfique"),
        Accident::SextileBenefic => ("partile sextile of a benefic", "sextile partile d’un bénéfique"),
        Accident::ConjunctMalefic => ("partile conjunction with a malefic", "conjonction partile d’un maléfique"),
        Accident::OppositeMalefic => ("partile opposition of a malefic", "opposition partile d’un maléfique"),
        Accident::SquareMalefic => ("partile square of a malefic", "carré partile d’un maléfique"),
        Accident::ConjunctNorthNode => ("with the North Node", "avec le Nœud Nord"),
        Accident::ConjunctSouthNode => ("with the South Node", "avec le Nœud Sud"),
        Accident::Besieged => ("besieged by Mars and Saturn", "assiégée par Mars et Saturne"),
        Accident::ConjunctRegulus => ("with Regulus", "avec Régulus"),
        Accident::ConjunctSpica => ("with Spica", "avec Spica"),
        Accident::ConjunctAlgol => ("with Algol", "avec Algol"),
    })
}

/// The name of a planet's distance from the Sun.
pub fn solar_proximity(proximity: SolarProximity, lang: Lang) -> &'static str {
    match proximity {
        SolarProximity::Cazimi => accident(Accident::Cazimi, lang),
        SolarProximity::Combust => accident(Accident::Combust, lang),
        SolarProximity::UnderBeams => accident(Accident::UnderBeams, lang),
        SolarProximity::Free => accident(Accident::FreeFromBeams, lang),
    }
}

/// The name of a planet's pace.
pub fn pace(pace: Pace, lang: Lang) -> &'static str {
    match pace {
        Pace::Stationary => accident(Accident::Stationary, lang),
        Pace::Slow => accident(Accident::Slow, lang),
        Pace::Swift => accident(Accident::Swift, lang),
    }
}

/// The name of a sect.
pub fn sect(sect: Sect, lang: Lang) -> &'static str {
    lang.pick(match sect {
        Sect::Diurnal => ("diurnal", "diurne"),
        Sect::Nocturnal => ("nocturnal", "nocturne"),
    })
}

/// The name of an eighth of the lunar month.
pub fn phase(phase: Phase, lang: Lang) -> &'static str {
    lang.pick(match phase {
        Phase::New => ("New Moon", "Nouvelle Lune"),
        Phase::Crescent => ("Crescent", "Premier croissant"),
        Phase::FirstQuarter => ("First Quarter", "Premier quartier"),
        Phase::Gibbous => ("Gibbous", "Lune gibbeuse"),
        Phase::Full => ("Full Moon", "Pleine Lune"),
        Phase::Disseminating => ("Disseminating", "Lune disséminante"),
        Phase::LastQuarter => ("Last Quarter", "Dernier quartier"),
        Phase::Balsamic => ("Balsamic", "Lune balsamique"),
    })
}

/// What a table of terms is called.
pub fn terms(scheme: TermScheme, lang: Lang) -> &'static str {
    lang.pick(match scheme {
        TermScheme::Egyptian => ("Egyptian terms", "termes égyptiens"),
        TermScheme::Ptolemaic => ("Ptolemy’s terms", "termes de Ptolémée"),
        TermScheme::Lilly => ("Lilly’s terms", "termes de Lilly"),
    })
}

/// What a table of triplicities is called.
pub fn triplicities(scheme: TriplicityScheme, lang: Lang) -> &'static str {
    lang.pick(match scheme {
        TriplicityScheme::Dorothean => ("Dorotheus’ triplicities", "triplicités de Dorothée"),
        TriplicityScheme::Lilly => ("Lilly’s triplicities", "triplicités de Lilly"),
    })
}

/// What makes a planet dominant.
pub fn dominance_factor(factor: DominanceFactor, lang: Lang) -> &'static str {
    lang.pick(match factor {
        DominanceFactor::Luminary => ("luminary", "luminaire"),
        DominanceFactor::SectLight => ("light of the sect", "luminaire de la secte"),
        DominanceFactor::AscendantRuler => ("rules the Ascendant", "maître de l’Ascendant"),
        DominanceFactor::MidheavenRuler => ("rules the Midheaven", "maître du Milieu du Ciel"),
        DominanceFactor::SunRuler => ("rules the Sun’s sign", "maître du signe du Soleil"),
        DominanceFactor::MoonRuler => ("rules the Moon’s sign", "maître du signe de la Lune"),
        DominanceFactor::House => ("house", "maison"),
        DominanceFactor::NearAngle => ("near an angle", "près d’un angle"),
        DominanceFactor::Dignity => ("dignity", "dignité"),
        DominanceFactor::LastDispositor => ("last dispositor", "dispositeur final"),
        DominanceFactor::Aspects => ("aspects", "aspects"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_differ_within_a_language() {
        for lang in Lang::ALL {
            let mut dignities: Vec<&str> = Dignity::ALL.into_iter().map(|each| dignity(each, lang)).collect();
            let mut phases: Vec<&str> = Phase::ALL.into_iter().map(|each| phase(each, lang)).collect();
            dignities.sort_unstable();
            dignities.dedup();
            phases.sort_unstable();
            phases.dedup();
            assert_eq!((dignities.len(), phases.len()), (9, 8));
        }
        assert_eq!(dignity(Dignity::Detriment, Lang::Fr), "exil");
        assert_eq!(accident(Accident::Combust, Lang::En), "combust");
        assert_eq!((sect(Sect::Diurnal, Lang::Fr), pace(Pace::Swift, Lang::En)), ("diurne", "swift"));
        assert_eq!(solar_proximity(SolarProximity::Cazimi, Lang::Fr), "au cœur du Soleil");
        assert_eq!(terms(TermScheme::Egyptian, Lang::En), "Egyptian terms");
        assert_eq!(triplicities(TriplicityScheme::Lilly, Lang::Fr), "triplicités de Lilly");
        assert_eq!(dominance_factor(DominanceFactor::House, Lang::Fr), "maison");
    }
}
