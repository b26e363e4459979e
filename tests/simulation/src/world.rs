//! The shared state of a life.

use crate::cloudformation::Link;
use crate::customers::Customers;
use crate::faults::Faults;
use crate::feed::Heard;
use crate::hub::Hub;
use crate::promises::{Book, Broken, Promise};
use crate::queue::Queue;
use crate::request::Bucket;
use crate::stream::{Consumer, Stream};
use crate::{Counts, Life, Options, Planted};
use rolecall_domain::link::token::KeyRing;
use rolecall_domain::ports::Clock;
use rolecall_domain::settings::Settings;
use rolecall_domain::{SignedDuration, Timestamp};
use rolecall_testing::{FakeCustomers, FakeKeys, Machine, MemoryBucket, MemoryStore};
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::{Rc, Weak};

pub const TENANTS: [&str; 2] = ["acme", "globex"];
pub const REGION: &str = "eu-central-1";

pub struct World {
    pub machine: Machine,
    pub store: Rc<MemoryStore>,
    pub templates: Rc<MemoryBucket>,
    pub aws: Rc<FakeCustomers>,
    pub keys: FakeKeys,
    pub settings: Settings,
    pub faults: Faults,
    pub planted: Option<Planted>,
    pub customers: RefCell<Customers>,
    pub bucket: RefCell<Bucket>,
    pub queue: RefCell<Queue>,
    pub stream: RefCell<Stream>,
    pub consumer: RefCell<Consumer>,
    pub book: RefCell<Book>,
    pub counts: RefCell<Counts>,
    /// What the feeds of changes returned.
    pub heard: RefCell<Heard>,
    pub table_is_down_until: Cell<Timestamp>,
    /// The hostile tenant's link, and the number of messages that it has sent.
    pub neighbour: RefCell<Option<Link>>,
    pub hostile_messages: Cell<u32>,
    hub: OnceCell<Weak<Hub>>,
    is_calm: Cell<bool>,
    acting: Cell<u32>,
    broken: RefCell<Option<Broken>>,
    trace: Option<RefCell<Vec<String>>>,
}

fn start() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap_or_default()
}

impl World {
    pub fn new(seed: u64, options: Options) -> Rc<Self> {
        let machine = Machine::new(start(), seed);
        let faults = Faults::draw(&machine);
        let ring = KeyRing::parse(r#"{"k1":"0123456789abcdef0123456789abcdef"}"#).expect("valid");
        Rc::new(Self {
            settings: Settings {
                check_interval: SignedDuration::from_hours(6),
                ..Settings::default()
            },
            store: Rc::default(),
            templates: Rc::default(),
            aws: Rc::default(),
            keys: FakeKeys::new(ring),
            planted: options.planted,
            customers: RefCell::default(),
            bucket: RefCell::default(),
            queue: RefCell::default(),
            stream: RefCell::default(),
            consumer: RefCell::default(),
            book: RefCell::default(),
            counts: RefCell::default(),
            heard: RefCell::default(),
            table_is_down_until: Cell::new(start()),
            neighbour: RefCell::default(),
            hostile_messages: Cell::default(),
            hub: OnceCell::new(),
            is_calm: Cell::new(false),
            acting: Cell::new(0),
            broken: RefCell::default(),
            trace: options.traced.then(RefCell::default),
            faults,
            machine,
        })
    }

    pub fn wire(&self, hub: &Rc<Hub>) {
        self.hub.get_or_init(|| Rc::downgrade(hub));
    }

    /// The hub's functions.
    pub fn hub(&self) -> Rc<Hub> {
        let hub = self.hub.get().and_then(Weak::upgrade);
        hub.expect("the hub outlives all tasks")
    }

    pub fn now(&self) -> Timestamp {
        self.machine.now()
    }

    /// Decides whether a fault with this probability, in thousandths, happens now.
    pub fn goes_wrong(&self, thousandths: u64) -> bool {
        let does = !self.is_calm.get() && self.perhaps(thousandths);
        self.counts.borrow_mut().faults += u64::from(does);
        does
    }

    pub fn perhaps(&self, thousandths: u64) -> bool {
        thousandths > 0 && self.machine.below(1000) < thousandths
    }

    pub fn any<T: Copy>(&self, among: &[T]) -> T {
        among[usize::try_from(self.machine.below(among.len() as u64)).unwrap_or(0)]
    }

    pub fn seconds(&self, from: u64, to: u64) -> SignedDuration {
        let millis = from * 1000 + self.machine.below((to - from) * 1000);
        SignedDuration::from_millis(i64::try_from(millis).unwrap_or(0))
    }

    pub async fn pause(&self, from: u64, to: u64) {
        self.machine.sleep(self.seconds(from, to)).await;
    }

    pub fn is_calm(&self) -> bool {
        self.is_calm.get()
    }

    pub fn calm_down(&self) {
        self.note(|| "faults end here".to_owned());
        self.is_calm.set(true);
    }

    /// Starts an activity of a user or of CloudFormation; the chaotic part lasts until all of them
    /// have ended.
    pub fn act(self: &Rc<Self>, doing: impl Future<Output = ()> + 'static) {
        self.acting.set(self.acting.get() + 1);
        let world = Rc::clone(self);
        self.machine.start(async move {
            doing.await;
            world.acting.set(world.acting.get() - 1);
        });
    }

    pub fn nobody_acts(&self) -> bool {
        self.acting.get() == 0
    }

    /// Records the first broken promise; later ones are ignored.
    pub fn broken(&self, promise: Promise, what: String) {
        self.note(|| format!("BROKEN {promise:?}: {what}"));
        let at = self.now();
        let mut broken = self.broken.borrow_mut();
        broken.get_or_insert(Broken { promise, what, at });
    }

    pub fn is_broken(&self) -> bool {
        self.broken.borrow().is_some()
    }

    /// Adds a line to the trace, if tracing is on.
    pub fn note(&self, line: impl FnOnce() -> String) {
        let Some(trace) = &self.trace else { return };
        let passed = self.now().duration_since(start());
        let (days, rest) = (passed.as_hours() / 24, passed.as_millis() % 86_400_000);
        let (hours, minutes) = (rest / 3_600_000, rest / 60_000 % 60);
        let (seconds, millis) = (rest / 1000 % 60, rest % 1000);
        let task = self.machine.current();
        trace.borrow_mut().push(format!(
            "{days}d {hours:02}:{minutes:02}:{seconds:02}.{millis:03} #{task:<5} {}",
            line()
        ));
    }

    pub fn life(&self, seed: u64) -> Life {
        Life {
            seed,
            broken: self.broken.borrow().clone(),
            counts: *self.counts.borrow(),
            trace: self.trace.as_ref().map(RefCell::take).unwrap_or_default(),
        }
    }
}
