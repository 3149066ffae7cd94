pub struct Latch;
