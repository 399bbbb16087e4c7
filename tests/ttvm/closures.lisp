(define (adder n) (lambda (x) (+ x n)))
(print ((adder 3) 4)) ; Expected: 7
(define (counter) (let ((n 0)) (lambda () (begin (set! n (+ n 1)) n))))
(define c (counter))
(c)
(print (c)) ; Expected: 2
