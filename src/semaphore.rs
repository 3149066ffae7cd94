pub struct Semaphore;
