use super::*;

/// Writes every eclipse for a comparison outside.
#[test]
#[ignore = "dump"]
fn dump() {
    let (from, to) = (2_378_500.5, 2_488_069.0);
    let mut out = String::new();
    for e in solar_eclipses(from, to).unwrap() {
        let z = (0.0, 0.0);
        let (u, c) = (e.umbral_jd_tt.unwrap_or(z), e.central_jd_tt.unwrap_or(z));
        out += &format!(
            "solar,{:.8},{:?},{},{},{},{},{},{:.8},{:.8},{:.8},{:.8},{:.8},{:.8}\n",
            e.maximum_jd_tt,
            e.kind,
            e.central,
            e.gamma,
            e.magnitude,
            e.latitude_deg,
            e.longitude_deg,
            e.partial_jd_tt.0,
            e.partial_jd_tt.1,
            u.0,
            u.1,
            c.0,
            c.1
        );
    }
    for e in lunar_eclipses(from, to).unwrap() {
        let z = (0.0, 0.0);
        let (u, c) = (e.partial_jd_tt.unwrap_or(z), e.total_jd_tt.unwrap_or(z));
        out += &format!(
            "lunar,{:.8},{:?},,{},{},{},,{:.8},{:.8},{:.8},{:.8},{:.8},{:.8}\n",
            e.maximum_jd_tt,
            e.kind,
            e.gamma,
            e.umbral_magnitude,
            e.penumbral_magnitude,
            e.penumbral_jd_tt.0,
            e.penumbral_jd_tt.1,
            u.0,
            u.1,
            c.0,
            c.1
        );
    }
    std::fs::write("/work/scratch/events/mine.csv", out).unwrap();
}
