//! Gives every route that answers GET an answer to HEAD, and every path one to OPTIONS that says its methods. Knows no route.

use salvo::http::{HeaderValue, Method, StatusCode, header};
use salvo::routing::filters::MethodFilter;
use salvo::routing::{Filter, FilterInfo, PathState};
use salvo::{Depot, FlowCtrl, Handler, Request, Response, Router, async_trait};

/// The same routes, each GET one for HEAD too (the edge sends the headers alone), and with OPTIONS beside them.
pub fn complete(mut router: Router) -> Router {
    let mut methods: Vec<Method> =
        router.routers.iter().filter(|child| child.goal.is_some()).filter_map(method).collect();
    for filter in &mut router.filters {
        if is(&**filter, &Method::GET) {
            *filter = Box::new(Reading);
        }
    }
    router.routers = router.routers.into_iter().map(complete).collect();
    if methods.is_empty() {
        return router;
    }
    if methods.contains(&Method::GET) {
        methods.push(Method::HEAD);
    }
    methods.push(Method::OPTIONS);
    methods.sort_unstable_by(|a, b| a.as_str().cmp(b.as_str()));
    let names: Vec<&str> = methods.iter().map(Method::as_str).collect();
    match HeaderValue::from_str(&names.join(", ")) {
        Ok(allow) => router.push(Router::with_filter(MethodFilter(Method::OPTIONS)).goal(Allowed(allow))),
        Err(_) => router,
    }
}

/// The one method that a router lets pass, if it looks at the method.
fn method(router: &Router) -> Option<Method> {
    router.filters.iter().find_map(|filter| match filter.info() {
        FilterInfo::Method(method) => Some(method),
        _ => None,
    })
}

fn is(filter: &dyn Filter, wanted: &Method) -> bool {
    matches!(filter.info(), FilterInfo::Method(method) if method == *wanted)
}

/// Lets GET and HEAD pass.
#[derive(Debug)]
struct Reading;

#[async_trait]
impl Filter for Reading {
    async fn filter(&self, req: &mut Request, _: &mut PathState<'_>) -> bool {
        matches!(*req.method(), Method::GET | Method::HEAD)
    }

    fn info(&self) -> FilterInfo {
        FilterInfo::Method(Method::GET)
    }

    fn collect_methods(&self, methods: &mut Vec<Method>) {
        methods.extend([Method::GET, Method::HEAD]);
    }

    async fn filter_for_method(&self, _: &mut Request, _: &mut PathState<'_>, method: &Method) -> Option<bool> {
        Some(matches!(*method, Method::GET | Method::HEAD))
    }
}

/// Says what a path answers.
struct Allowed(HeaderValue);

#[async_trait]
impl Handler for Allowed {
    async fn handle(&self, _: &mut Request, _: &mut Depot, res: &mut Response, _: &mut FlowCtrl) {
        res.headers_mut().insert(header::ALLOW, self.0.clone());
        res.status_code(StatusCode::NO_CONTENT);
    }
}
